import { quantileEdges } from '../../../shared/features/quantile-edges.ts';

/** To so many significant digits, as people write limits. */
const round = (value: number, digits: number): number => Number(value.toPrecision(digits));

/**
 * Edges of at most `bins` bins with nearly equally many of the values each, rounded as far as they stay apart: `50, 120, 300`
 * and not `49.95, 119, 299.9`.
 */
export function roundEdges(values: readonly number[], bins: number): number[] {
  const exact = quantileEdges(values, bins);
  const highest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  for (const digits of [2, 3, 4]) {
    const rounded = [...new Set(exact.map((edge) => round(edge, digits)))];
    const isUsable =
      rounded.length === exact.length &&
      rounded.every((edge, i) => edge < highest && (i === 0 || edge > rounded[i - 1]));
    if (isUsable) return rounded;
  }
  return exact;
}

/** Half of the values lie within a span of this length; 1 where they hardly differ. */
export function spreadOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  return at(0.75) - at(0.25) || at(1) - at(0) || 1;
}

/** How far a number may be off and still be near: rising, from 0. Whole where the values are. */
export function toleranceSteps(values: readonly number[]): number[] {
  const isWhole = values.every(Number.isInteger);
  const step = (share: number) => {
    const rough = round(spreadOf(values) * share, 1);
    return isWhole ? Math.max(1, Math.round(rough)) : rough;
  };
  return [...new Set([0, step(0.25), step(0.75)])];
}

/** Just above or below what an item has, as a person would say it. */
export const roundUp = (value: number): number => {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(value, 1))) - 1);
  return Math.ceil(value / unit) * unit;
};
