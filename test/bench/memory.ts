import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Part, Say } from './support/part.ts';
import type { BenchRow } from './support/row.ts';

const ROWS = 10_000_000;
const FEATURES = 32;
const LIMIT_BYTES = 2e9;

interface Trained {
  readonly before: number;
  readonly peak: number;
  readonly seconds: number;
}

/** Peak of resident memory while each learner trains on ten million rows. @throws Error above the limit. */
export async function benchMemory(say: Say): Promise<Part> {
  const file = fileURLToPath(new URL('./support/train-large.ts', import.meta.url));
  const rows: BenchRow[] = [];
  for (const learner of ['trees', 'additive']) {
    say(`memory: ${learner}`);
    const values = [file, learner, String(ROWS), String(FEATURES)];
    const { stdout } = await promisify(execFile)(process.execPath, values);
    const { before, peak, seconds }: Trained = JSON.parse(stdout);
    if (peak > LIMIT_BYTES) throw new Error(`${learner}: ${peak} bytes were resident at the peak`);
    rows.push(
      { name: `${learner}: resident at the peak`, value: peak / 1e9, unit: 'GB' },
      { name: `${learner}: before, the codes alone`, value: before / 1e9, unit: 'GB' },
      { name: `${learner}: time to train`, value: seconds, unit: 's' },
    );
  }
  return {
    rows,
    notes: [
      `${ROWS.toLocaleString('en')} × ${FEATURES} codes in memory, then 10 boosted trees of depth 6 or 5 iterations of the additive fit, each in a process of its own`,
      `fails above ${LIMIT_BYTES / 1e9} GB; the peak is Linux's VmHWM`,
    ],
  };
}
