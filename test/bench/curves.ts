import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadedCatalogue, writeCatalogue, type Loaded } from './support/loaded-catalogue.ts';
import { logPlot } from './support/log-plot.ts';
import type { Part, Say } from './support/part.ts';
import type { BenchRow } from './support/row.ts';

const SIZES = [1000, 10_000, 100_000, 1_000_000, 4_000_000];
const RUNS = 3;
const PLOT = fileURLToPath(new URL('../../docs/images/costs.svg', import.meta.url));

/** What catalogues of all sizes cost an isolate, as rows and as the plot in docs/benchmarks.md. */
export async function benchCurves(say: Say): Promise<Part> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const costs: Cost[] = [];
  try {
    for (const size of SIZES) {
      say(`curves: ${size} trips`);
      const file = join(dir, String(size));
      await writeCatalogue(file, size);
      costs.push([size, await loadedCatalogue(file, RUNS)]);
      await rm(file);
      // What was measured is there even where the largest does not end.
      if (costs.length > 1) await writeFile(PLOT, plotOf(costs));
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  const rows = CURVES.flatMap(({ name, unit, of }) =>
    costs.map(([size, loaded]): BenchRow => ({
      name: `${size.toLocaleString('en')} trips: ${name}`,
      value: of(loaded),
      unit,
    })),
  );
  return {
    rows,
    notes: [
      `trips of correlated attributes, default schema, the best 20 drawn; medians of ${RUNS} processes, each of which has compiled nothing before`,
      'cold start: from the parts of the snapshot in memory to the first ranked answer; a ranking: encode, score and draw, the mean of 512 different ones',
      'docs/images/costs.svg is written from these',
    ],
  };
}

type Cost = readonly [size: number, loaded: Loaded];

const CURVES = [
  { name: 'a ranking', unit: 'µs', of: ({ rankMs }: Loaded) => 1000 * rankMs },
  { name: 'cold start', unit: 'ms', of: ({ coldMs }: Loaded) => coldMs },
  { name: 'peak while replaced', unit: 'MB', of: ({ peakBytes }: Loaded) => peakBytes / 1e6 },
  { name: 'kept', unit: 'MB', of: ({ keptBytes }: Loaded) => keptBytes / 1e6 },
  { name: 'bytes of the snapshot', unit: 'MB', of: ({ sizeBytes }: Loaded) => sizeBytes / 1e6 },
] as const;

function plotOf(costs: readonly Cost[]): string {
  const [ranking, cold, peak, kept, bytes] = CURVES.map(({ name, of }) => ({
    name,
    points: costs.map(([size, loaded]) => [size, of(loaded)] as const),
  }));
  const panels = [
    { title: 'A ranking, µs of processor time', curves: [ranking] },
    { title: 'Cold start, ms of processor time', curves: [cold] },
    { title: 'Memory, MB', curves: [peak, kept] },
    { title: 'Bytes of the snapshot, MB', curves: [bytes] },
  ];
  return logPlot(panels, 'items');
}
