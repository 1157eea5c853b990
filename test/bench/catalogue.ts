import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { parseItem } from '../../shared/domain/item.ts';
import { catalogueTable } from '../../shared/features/catalogue-table.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { snapshotToBytes } from '../../shared/format/snapshot-bytes.ts';
import type { Part, Say } from './support/part.ts';
import type { BenchRow } from './support/row.ts';
import { NOW_MS } from './support/trips.ts';

const SIZES = [100_000, 1_000_000];
const RUNS = 3;

interface Loaded {
  readonly coldMs: number;
  readonly keptBytes: number;
  readonly peakBytes: number;
  readonly sizeBytes: number;
}

/** What a snapshot costs an isolate: from its parts to the first answer, and in memory (`support/load-catalogue.ts`). */
export async function benchCatalogue(say: Say): Promise<Part> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const load = fileURLToPath(new URL('./support/load-catalogue.ts', import.meta.url));
  const rows: BenchRow[] = [];
  try {
    for (const size of SIZES) {
      say(`catalogue: ${size} trips are made`);
      const file = join(dir, String(size));
      const items = demoCatalogue(size, 1, NOW_MS).map((trip) => parseItem({ ...trip }));
      await writeFile(file, snapshotToBytes(smarttrip, catalogueTable(smarttrip, items)));
      const runs: Loaded[] = [];
      for (let run = 0; run < RUNS; run++) {
        say(`catalogue: ${size} trips, run ${run + 1} of ${RUNS}`);
        const { stdout } = await promisify(execFile)(process.execPath, [load, file]);
        runs.push(JSON.parse(stdout));
      }
      const median = (of: keyof Loaded) =>
        runs.map((run) => run[of]).toSorted((a, b) => a - b)[RUNS >> 1];
      rows.push(
        {
          name: `${size} trips: bytes of the snapshot`,
          value: median('sizeBytes') / 1e6,
          unit: 'MB',
        },
        { name: `${size} trips: cold start, processor time`, value: median('coldMs'), unit: 'ms' },
        { name: `${size} trips: memory kept`, value: median('keptBytes') / 1e6, unit: 'MB' },
        {
          name: `${size} trips: peak while replaced`,
          value: median('peakBytes') / 1e6,
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
