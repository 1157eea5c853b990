import { binOf, quantileEdges } from './quantile-bins.ts';

/** A value of a request or of an item; undefined where it is missing. */
export type Value = string | number | undefined;

const NUMBER_BINS = 8;
const MOST_TEXTS = 30;
/** Rarer texts are one bucket together: a catalogue's titles and a visitor's search words never come back alike. */
const MIN_TEXT_SHARE = 0.01;

/**
 * Buckets for the values of a reference, by which later values are compared with it: 0 for what is missing, one for each of
 * its frequent texts, quantile bins of its numbers, and one for all other texts.
 */
export function valueBins(reference: readonly Value[]): (value: Value) => number {
  const edges = quantileEdges(
    reference.filter((value) => typeof value === 'number'),
    NUMBER_BINS,
  );
  const counts = new Map<string, number>();
  for (const value of reference)
    if (typeof value === 'string') counts.set(value, (counts.get(value) ?? 0) + 1);
  const texts = [...counts]
    .filter(([, count]) => count >= MIN_TEXT_SHARE * reference.length)
    .toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, MOST_TEXTS);
  const bucketOf = new Map(texts.map(([text], i) => [text, 1 + i]));
  const other = MOST_TEXTS + 1;
  return (value) => {
    if (value === undefined) return 0;
    if (typeof value === 'string') return bucketOf.get(value) ?? other;
    return other + 1 + binOf(edges, value);
  };
}
