import type { Schema } from '../../../shared/features/schema.ts';
import { STRIDE } from '../../../shared/score/scorer.ts';
import type { TrainingSet } from '../learn/training-set.ts';

/**
 * Population stability index (PSI) of current data against a reference: `Σ (aᵦ − rᵦ) ln(aᵦ / rᵦ)` over the buckets'
 * shares, a symmetric Kullback–Leibler divergence. Without any drift its expectation is about `(B − 1)(1/n + 1/m)`
 * (Yurdakul & Naranjo, 2020), which is large for hundreds of buckets and few rows. The usual thresholds (under 0.1
 * stable, from 0.25 a major shift) are therefore applied to the excess over it.
 */
export interface Drift {
  readonly psi: number;
  /** Expected PSI without drift. */
  readonly byChance: number;
  /** `psi − byChance`, at least 0. */
  readonly excess: number;
  readonly reading: DriftReading;
}

export type DriftReading = 'stable' | 'moderate shift' | 'major shift';

export interface DriftReport {
  readonly score: Drift;
  readonly features: readonly (Drift & { readonly feature: string })[];
}

export const MODERATE_PSI = 0.1;
export const MAJOR_PSI = 0.25;

/**
 * Drift of a distribution over buckets.
 * @param reference and `current`: rows per bucket. An empty bucket counts as half a row, so that the logarithm is
 * finite; buckets that are empty on both sides are ignored.
 * @throws Error when either side has no rows.
 */
export function drift(reference: ArrayLike<number>, current: ArrayLike<number>): Drift {
  const [n, m] = [total(reference), total(current)];
  if (n === 0 || m === 0) {
    throw new Error(`drift from ${n} rows to ${m}: both sides need rows`);
  }
  let [psi, buckets] = [0, 0];
  for (let bucket = 0; bucket < reference.length; bucket++) {
    if (reference[bucket] + current[bucket] === 0) continue;
    const before = Math.max(reference[bucket], 0.5) / n;
    const after = Math.max(current[bucket], 0.5) / m;
    psi += (after - before) * Math.log(after / before);
    buckets++;
  }
  const byChance = (buckets - 1) * (1 / n + 1 / m);
  const excess = Math.max(0, psi - byChance);
  return { psi, byChance, excess, reading: readingOf(excess) };
}

export const readingOf = (psi: number): DriftReading =>
  psi < MODERATE_PSI ? 'stable' : psi < MAJOR_PSI ? 'moderate shift' : 'major shift';

/** Histogram of the reference scores, small enough to be stored with a version and used months later. */
export interface ScoreBins {
  /** Bin i holds scores above `edges[i − 1]` up to and including `edges[i]`; there is one bin more than edges. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** Quantile bins. Where many rows have equal scores there are fewer bins, but never empty ones. */
export function scoreBins(scores: ArrayLike<number>, bins = 10): ScoreBins {
  const sorted = Float64Array.from(scores).toSorted();
  const edges: number[] = [];
  for (let bin = 1; bin < bins; bin++) {
    const edge = sorted[Math.ceil((bin * sorted.length) / bins) - 1];
    if (edge !== edges.at(-1) && edge < sorted[sorted.length - 1]) edges.push(edge);
  }
  return { edges, counts: countIn(edges, scores) };
}

/** Drift of scores against the stored histogram of the reference. */
export const scoreDrift = (reference: ScoreBins, scores: ArrayLike<number>): Drift =>
  drift(reference.counts, countIn(reference.edges, scores));

/** The bin of a score, as `ScoreBins` has them. */
export function binOf(edges: readonly number[], score: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle] < score) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Total weight of the scores in each bin. @param weights one per score; default 1. */
export function countIn(
  edges: readonly number[],
  scores: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number[] {
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  for (let row = 0; row < scores.length; row++) {
    counts[binOf(edges, scores[row])] += weights?.[row] ?? 1;
  }
  return counts;
}

type EncodedRows = Pick<TrainingSet, 'rows' | 'codes'>;

/** Drift of each feature's buckets between two sets of one schema. */
export function featureDrift(
  schema: Schema,
  reference: EncodedRows,
  current: EncodedRows,
): (Drift & { feature: string })[] {
  return schema.features.map(({ name }, feature) => ({
    feature: name,
    ...drift(bucketCounts(reference, feature), bucketCounts(current, feature)),
  }));
}

function bucketCounts({ rows, codes }: EncodedRows, feature: number): Uint32Array {
  const counts = new Uint32Array(STRIDE);
  for (let row = 0; row < rows; row++) counts[codes[feature * rows + row]]++;
  return counts;
}

/** A table for people, with the largest drift first. */
export function driftText({ score, features }: DriftReport): string {
  const rows = [
    { feature: 'scores', ...score },
    ...features.toSorted((a, b) => b.excess - a.excess || (a.feature < b.feature ? -1 : 1)),
  ];
  const width = Math.max(...rows.map(({ feature }) => feature.length), 7) + 2;
  return [
    `${'of'.padEnd(width)}${'PSI'.padEnd(10)}${'by chance'.padEnd(11)}reading`,
    ...rows.map(
      ({ feature, psi, byChance, reading }) =>
        `${feature.padEnd(width)}${psi.toFixed(4).padEnd(10)}${byChance.toFixed(4).padEnd(11)}${reading}`,
    ),
  ].join('\n');
}

function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i];
  return sum;
}
