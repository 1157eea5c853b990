import type { MetricDefinition } from '../../shared/domain/metric.ts';
import type { ArmStatistics } from '../science/experiment/experiment-statistics.ts';
import type { RatioStatistic, Sample, Statistic } from '../science/statistics/statistics.ts';

/** One metric's values per unit, capped or made 0 or 1 as its kind requires. */
export interface MetricValues {
  readonly metric: MetricDefinition;
  readonly post: Values;
  /** The same units' values from before the experiment. */
  readonly pre?: Values;
  /** 1 for each unit that counts, 0 for one whose value is not known yet, and is 0 here; default all count. */
  readonly counted?: Uint8Array;
}

export interface Values {
  readonly numerator: Float64Array;
  /** Of a ratio. */
  readonly denominator?: Float64Array;
}

/** Adds units up to an arm's statistics and to the products of their metrics. */
export interface ArmTotals {
  add(unit: number): void;
  finish(arm: string): ArmStatistics;
}

/**
 * Sums and sums of products of all columns, those before the experiment included: every statistic is computed from them. A
 * metric that does not count all units has a statistic over those that it counts, and is not among the products, which are
 * over all of them.
 */
export function armTotals(metrics: readonly MetricValues[]): ArmTotals {
  const columnsAfter = (some: readonly MetricValues[]) =>
    some.flatMap(({ metric, post }) => columnsOf(metric.name, post));
  const shown = columnsAfter(metrics.filter(({ counted }) => counted === undefined));
  const late = metrics.filter(({ counted }) => counted !== undefined);
  const past = metrics.flatMap(({ metric, pre }) =>
    pre === undefined ? [] : columnsOf(before(metric.name), pre),
  );
  const columns = [...shown, ...columnsAfter(late), ...past];
  const width = columns.length;
  const place = new Map(columns.map(({ name }, i) => [name, i]));
  const sums = new Float64Array(width);
  const products = new Float64Array(width * width);
  const some = new Int32Array(width);
  let n = 0;
  const fewer = new Map(late.map(({ metric }) => [metric.name, 0]));

  const product = (a: string, b: string) => products[place.get(a)! * width + place.get(b)!];
  const sample = (name: string, kind: MetricDefinition['kind'], units = n): Sample => {
    const sum = sums[place.get(name)!];
    return kind === 'proportion'
      ? { kind, n: units, sum }
      : { kind: 'mean', n: units, sum, sumSquares: product(name, name) };
  };
  const ratio = (name: string): RatioStatistic => ({
    kind: 'ratio',
    numerator: sample(top(name), 'mean'),
    denominator: sample(bottom(name), 'mean'),
    sumProducts: product(top(name), bottom(name)),
  });
  const statisticOf = ({ metric: { name, kind }, pre }: MetricValues): Statistic => {
    const was = before(name);
    if (kind !== 'ratio') {
      const units = fewer.get(name) ?? n;
      const post = sample(name, kind, units);
      if (pre === undefined) return post;
      return {
        kind: 'adjusted',
        post,
        pre: sample(was, kind, units),
        sumProducts: product(name, was),
      };
    }
    if (pre === undefined) return ratio(name);
    return {
      kind: 'adjusted-ratio',
      post: ratio(name),
      pre: ratio(was),
      sumProducts: {
        numerators: product(top(name), top(was)),
        numeratorByDenominator: product(top(name), bottom(was)),
        denominatorByNumerator: product(bottom(name), top(was)),
        denominators: product(bottom(name), bottom(was)),
      },
    };
  };
  return {
    add(unit) {
      n++;
      for (const { metric, counted } of late)
        if (counted![unit] === 1) fewer.set(metric.name, fewer.get(metric.name)! + 1);
      // Most units do few of the things that are counted.
      let found = 0;
      for (let i = 0; i < width; i++) if (columns[i].values[unit] !== 0) some[found++] = i;
      for (let a = 0; a < found; a++) {
        const i = some[a];
        const value = columns[i].values[unit];
        sums[i] += value;
        for (let b = 0; b < found; b++)
          products[i * width + some[b]] += value * columns[some[b]].values[unit];
      }
    },
    finish: (arm) => ({
      arm,
      units: n,
      statistics: Object.fromEntries(metrics.map((one) => [one.metric.name, statisticOf(one)])),
      products: {
        n,
        columns: shown.map(({ name }) => name),
        sums: [...sums.subarray(0, shown.length)],
        products: shown.flatMap((_, i) => [
          ...products.subarray(i * width, i * width + shown.length),
        ]),
      },
    }),
  };
}

const columnsOf = (name: string, { numerator, denominator }: Values) =>
  denominator === undefined
    ? [{ name, values: numerator }]
    : [
        { name: top(name), values: numerator },
        { name: bottom(name), values: denominator },
      ];

const top = (name: string) => `${name}/numerator`;
const bottom = (name: string) => `${name}/denominator`;
/** No metric's name holds a space. */
const before = (name: string) => `${name} before`;
