import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadedCatalogue, writeCatalogue } from './support/loaded-catalogue.ts';
import type { Part, Say } from './support/part.ts';
import type { BenchRow } from './support/row.ts';

const SIZES = [100_000, 1_000_000];
const RUNS = 3;

/** What a snapshot costs an isolate: from its parts to the first answer, and in memory (`support/load-catalogue.ts`). */
export async function benchCatalogue(say: Say): Promise<Part> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const rows: BenchRow[] = [];
  try {
    for (const size of SIZES) {
      say(`catalogue: ${size} trips are made`);
      const file = join(dir, String(size));
      await writeCatalogue(file, size);
      say(`catalogue: ${size} trips are loaded`);
      const { coldMs, keptBytes, peakBytes, sizeBytes } = await loadedCatalogue(file, RUNS);
      rows.push(
        {
          name: `${size} trips: bytes of the snapshot`,
          value: sizeBytes / 1e6,
          unit: 'MB',
        },
        { name: `${size} trips: cold start, processor time`, value: coldMs, unit: 'ms' },
        { name: `${size} trips: memory kept`, value: keptBytes / 1e6, unit: 'MB' },
        {
          name: `${size} trips: peak while replaced`,
          value: peakBytes / 1e6,
          unit: 'MB',
        },
      );
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  return {
    rows,
    notes: [
      `trips of correlated attributes, default schema; medians of ${RUNS} processes, each of which has compiled nothing before`,
      'cold start: from the parts of the snapshot in memory to the first ranked answer; the peak is resident memory beyond an empty process, the other snapshot included',
    ],
  };
}
