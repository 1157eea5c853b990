import type { MetricDefinition } from '../../shared/domain/metric.ts';
import type { ArmStatistics } from './analysis/experiment-statistics.ts';
import type { Sample, Statistic } from './analysis/statistics.ts';

/** One metric's values per unit, capped and counted as its kind asks. */
export interface MetricValues {
  readonly metric: MetricDefinition;
  readonly post: Float64Array;
  /** Of a ratio. */
  readonly denominator?: Float64Array;
  /** The same units' values from before the experiment. */
  readonly pre?: Float64Array;
}

/** Adds units up to an arm's statistics and to the products of their metrics. */
export interface ArmTotals {
  add(unit: number): void;
  finish(arm: string): ArmStatistics;
}

export function armTotals(metrics: readonly MetricValues[]): ArmTotals {
  const columns = metrics.flatMap(({ metric: { name }, post, denominator }) =>
    denominator === undefined
      ? [{ name, values: post }]
      : [
          { name: `${name}/numerator`, values: post },
          { name: `${name}/denominator`, values: denominator },
        ],
  );
  const width = columns.length;
  const at = new Map(columns.map(({ name }, i) => [name, i]));
  const sums = new Float64Array(width);
  const products = new Float64Array(width * width);
  const values = new Float64Array(width);
  const before = metrics.map(() => ({ sum: 0, squares: 0, products: 0 }));
  let n = 0;

  const sample = (kind: Sample['kind'], sum: number, sumSquares: number): Sample =>
    kind === 'mean' ? { kind, n, sum, sumSquares } : { kind, n, sum };
  const column = (name: string, kind: Sample['kind'] = 'mean'): Sample => {
    const i = at.get(name)!;
    return sample(kind, sums[i], products[i * width + i]);
  };
  const statisticOf = ({ metric: { name, kind }, pre }: MetricValues, i: number): Statistic => {
    if (kind === 'ratio') {
      const [top, bottom] = [`${name}/numerator`, `${name}/denominator`];
      const sumProducts = products[at.get(top)! * width + at.get(bottom)!];
      return { kind, numerator: column(top), denominator: column(bottom), sumProducts };
    }
    const post = column(name, kind);
    if (pre === undefined) return post;
    const { sum, squares, products: sumProducts } = before[i];
    return { kind: 'adjusted', post, pre: sample(kind, sum, squares), sumProducts };
  };
  return {
    add(unit) {
      n++;
      for (let i = 0; i < width; i++) values[i] = columns[i].values[unit];
      for (let i = 0; i < width; i++) {
        if (values[i] === 0) continue;
        sums[i] += values[i];
        for (let j = 0; j < width; j++) products[i * width + j] += values[i] * values[j];
      }
      metrics.forEach(({ post, pre }, i) => {
        if (pre === undefined || pre[unit] === 0) return;
        before[i].sum += pre[unit];
        before[i].squares += pre[unit] * pre[unit];
        before[i].products += pre[unit] * post[unit];
      });
    },
    finish: (arm) => ({
      arm,
      units: n,
      statistics: Object.fromEntries(
        metrics.map((one, i) => [one.metric.name, statisticOf(one, i)]),
      ),
      products: {
        n,
        columns: columns.map(({ name }) => name),
        sums: [...sums],
        products: [...products],
      },
    }),
  };
}
