import type { Schema } from '../../../shared/features/schema.ts';
import { STRIDE } from '../../../shared/score/scorer.ts';
import type { TrainingSet } from '../learn/training-set.ts';

/**
 * Population stability index between a reference and what came after: `Σ (aᵦ − rᵦ) ln(aᵦ / rᵦ)` over buckets' shares,
 * a symmetric Kullback–Leibler divergence. By chance alone it is about `(B − 1)(1/n + 1/m)` (Yurdakul & Naranjo,
 * 2020), which for hundreds of buckets and few rows is much: the usual reading (under 0.1 stable, from 0.25 a major
 * shift) is made of what lies above that.
 */
export interface Drift {
  readonly psi: number;
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
 * @param reference and `current`: rows per bucket. An empty bucket counts half a row, so that the logarithm exists;
 * buckets empty on both sides count for nothing.
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

const readingOf = (psi: number): DriftReading =>
  psi < MODERATE_PSI ? 'stable' : psi < MAJOR_PSI ? 'moderate shift' : 'major shift';

/** Bins fixed from the reference scores, small enough to be stored with a version and used months later. */
export interface ScoreBins {
  /** Bin i holds scores above `edges[i − 1]` up to and including `edges[i]`; one bin more than edges. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** Quantile bins; scores that many rows share make fewer, never empty ones. */
export function scoreBins(scores: ArrayLike<number>, bins = 10): ScoreBins {
  const sorted = Float64Array.from(scores).toSorted();
  const edges: number[] = [];
  for (let bin = 1; bin < bins; bin++) {
    const edge = sorted[Math.ceil((bin * sorted.length) / bins) - 1];
    if (edge !== edges.at(-1) && edge < sorted[sorted.length - 1]) edges.push(edge);
  }
  return { edges, counts: countIn(edges, scores) };
}

/** Whether scores still fall where the reference's fell. */
export const scoreDrift = (reference: ScoreBins, scores: ArrayLike<number>): Drift =>
  drift(reference.counts, countIn(reference.edges, scores));

/** @param weights of each score; 1 unless given. */
export function countIn(
  edges: readonly number[],
  scores: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number[] {
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  for (let row = 0; row < scores.length; row++) {
    let [low, high] = [0, edges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edges[middle] < scores[row]) low = middle + 1;
      else high = middle;
    }
    counts[low] += weights?.[row] ?? 1;
  }
  return counts;
}

type Coded = Pick<TrainingSet, 'rows' | 'codes'>;

/** Drift of each feature's buckets between two sets of one schema. */
export function featureDrift(
  schema: Schema,
  reference: Coded,
  current: Coded,
): (Drift & { feature: string })[] {
  return schema.features.map(({ name }, feature) => ({
    feature: name,
    ...drift(bucketCounts(reference, feature), bucketCounts(current, feature)),
  }));
}

function bucketCounts({ rows, codes }: Coded, feature: number): Uint32Array {
  const counts = new Uint32Array(STRIDE);
  for (let row = 0; row < rows; row++) counts[codes[feature * rows + row]]++;
  return counts;
}

/** A table for people, the largest shift first. */
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
