import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Part, Say } from './support/part.ts';

const SIZE = 1_000_000;
const CHANGED = 100;

interface Measured {
  readonly wholeBytes: number;
  readonly publishWholeMs: number;
  readonly loadMs: number;
  readonly applyMs: number;
  readonly publishMs: number;
  readonly patchBytes: number;
}

/** What few changed items of many cost, published as a patch and as a whole (`support/patch-catalogue.ts`). */
export async function benchPatches(say: Say): Promise<Part> {
  say(`patches: ${CHANGED} prices of ${SIZE} trips are changed, again and again`);
  const file = fileURLToPath(new URL('./support/patch-catalogue.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    file,
    String(SIZE),
    String(CHANGED),
  ]);
  const { wholeBytes, publishWholeMs, loadMs, applyMs, publishMs, patchBytes }: Measured =
    JSON.parse(stdout);
  return {
    rows: [
      { name: 'bytes of the whole', value: wholeBytes / 1000, unit: 'kB' },
      { name: 'bytes of the patch', value: patchBytes / 1000, unit: 'kB' },
      { name: 'publishing the whole, processor time', value: publishWholeMs, unit: 'ms' },
      { name: 'publishing the patch, processor time', value: publishMs, unit: 'ms' },
      { name: 'reading the whole, processor time', value: loadMs, unit: 'ms' },
      { name: 'applying the patch, processor time', value: applyMs, unit: 'ms' },
    ],
    notes: [
      `${CHANGED} of ${SIZE} trips of the default schema get other prices; medians of rounds, one upon the other`,
      'publishing: from items in memory to bytes and their hash, without the database; publishing a patch includes applying it and hashing what it leads to',
      'both ways need new memory for the table, which takes much of the time where the system is slow to give it',
    ],
  };
}
