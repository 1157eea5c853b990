import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What a snapshot costs an isolate (`load-catalogue.ts`). */
export interface Loaded {
  /** Processor time from the parts to the first answer. */
  readonly coldMs: number;
  /** Processor time of a later ranking. */
  readonly rankMs: number;
  readonly keptBytes: number;
  readonly peakBytes: number;
  readonly sizeBytes: number;
}

const LOADER = fileURLToPath(new URL('./load-catalogue.ts', import.meta.url));
const MAKER = fileURLToPath(new URL('./write-catalogue.ts', import.meta.url));
const run = promisify(execFile);

/** For millions of items as objects, which only the maker of a snapshot has. */
const MAKER_MB = 16_000;

export async function writeCatalogue(file: string, trips: number): Promise<void> {
  const maker = [`--max-old-space-size=${MAKER_MB}`, '--no-warnings', MAKER];
  await run(process.execPath, [...maker, file, String(trips)]);
}

/** Medians of several processes, each of which has compiled nothing before. */
export async function loadedCatalogue(file: string, runs: number): Promise<Loaded> {
  const all: Loaded[] = [];
  for (let i = 0; i < runs; i++) {
    const { stdout } = await run(process.execPath, ['--no-warnings', LOADER, file]);
    all.push(JSON.parse(stdout));
  }
  const median = (of: keyof Loaded) =>
    all.map((one) => one[of]).toSorted((a, b) => a - b)[all.length >> 1];
  return {
    coldMs: median('coldMs'),
    rankMs: median('rankMs'),
    keptBytes: median('keptBytes'),
    peakBytes: median('peakBytes'),
    sizeBytes: median('sizeBytes'),
  };
}
