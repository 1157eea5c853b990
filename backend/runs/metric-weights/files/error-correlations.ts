/** One reading of all metrics of one treatment. Readings are cumulative: a later one includes the units of the earlier ones. */
export interface Reading {
  /** Effects in control standard deviations. */
  readonly effects: readonly number[];
  /** 1 / (1/n control + 1/n treatment). */
  readonly size: number;
}

/** With fewer changes between readings than this, no correlation is estimated. */
const MINIMUM_MOVEMENTS = 50;

/**
 * Correlations of the metrics' sampling errors, estimated from how cumulative effects change, because summaries of single
 * metrics do not have them. Between readings of n₁ and n₂ units a constant effect changes by its errors alone, with a
 * variance of 1/n₁ − 1/n₂, so effects that change together have correlated errors. Doubt: true effects that grow together
 * look the same and count as shared error; the learned weights are then too small rather than too certain.
 * @param series readings of each treatment in order of time. @returns metrics × metrics; undefined with too few.
 */
export function errorCorrelations(
  series: readonly (readonly Reading[])[],
  metrics: number,
): Float64Array | undefined {
  const products = new Float64Array(metrics * metrics);
  let movements = 0;
  for (const readings of series)
    for (let i = 1; i < readings.length; i++) {
      const [before, after] = [readings[i - 1], readings[i]];
      const variance = 1 / before.size - 1 / after.size;
      if (!(variance > 0)) continue;
      movements++;
      for (let a = 0; a < metrics; a++)
        for (let b = 0; b < metrics; b++)
          products[a * metrics + b] +=
            ((after.effects[a] - before.effects[a]) * (after.effects[b] - before.effects[b])) /
            variance;
    }
  if (movements < MINIMUM_MOVEMENTS) return undefined;
  const length = (metric: number) => Math.sqrt(products[metric * metrics + metric]);
  return products.map((value, at) => {
    const [a, b] = [(at / metrics) | 0, at % metrics];
    return a === b ? 1 : value / (length(a) * length(b) || 1);
  });
}
