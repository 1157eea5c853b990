import { STRIDE } from '../../../../shared/score/scorer.ts';
import type { CodeMatrix } from '../code-matrix.ts';

/** A feature as the network learns it: with its buckets, or with groups of neighbouring ones. */
export interface Grouping {
  readonly feature: number;
  /** Of each bucket, the group that it is learned in. What is missing, bucket 0, has no neighbours: it stays 0. */
  readonly groupOf: Uint8Array;
}

/** A feature with more than twice as many buckets is learned in so many groups, too. */
const COARSE_GROUPS = 8;
/** Rows that a group of such a feature's own buckets has about, where that leaves twice the coarse groups. */
const FINE_ROWS = 250;

const ITSELF = Uint8Array.from({ length: STRIDE }, (_, bucket) => bucket);

/** Every feature by its buckets. */
export const ungrouped = (features: number): Grouping[] =>
  Array.from({ length: features }, (_, feature) => ({ feature, groupOf: ITSELF }));

/**
 * How a set's features are learned: each once, and those with many buckets a second time, in few groups; a bucket's
 * embedding is the sum of both. By itself it would share nothing with its neighbours, and a bucket of some dozen rows learns
 * their noise: so the network learns first what neighbours have in common, and apart what there are rows to tell apart.
 * @param counts rows per bucket, of each feature.
 * @returns one per feature, in their order; then the coarse ones.
 */
export function groupingsOf(counts: readonly Uint32Array[]): Grouping[] {
  const groupings = ungrouped(counts.length);
  counts.forEach((own, feature) => {
    const seen = own.reduce((sum, count, bucket) => sum + Number(bucket > 0 && count > 0), 0);
    if (seen <= 2 * COARSE_GROUPS) return;
    const rows = own.reduce((sum, count) => sum + count, 0) - own[0];
    const fine = Math.max(2 * COARSE_GROUPS, Math.floor(rows / FINE_ROWS));
    if (fine < seen) groupings[feature] = { feature, groupOf: neighbours(own, rows, fine) };
    groupings.push({ feature, groupOf: neighbours(own, rows, COARSE_GROUPS) });
  });
  return groupings;
}

/** Groups, from 1, of neighbouring buckets with about equally many rows. */
function neighbours(counts: Uint32Array, rows: number, groups: number): Uint8Array {
  const groupOf = new Uint8Array(STRIDE);
  for (let bucket = 1, below = 0; bucket < STRIDE; below += counts[bucket++]) {
    const middle = (below + counts[bucket] / 2) / rows;
    groupOf[bucket] = 1 + Math.min(groups - 1, Math.floor(groups * middle));
  }
  return groupOf;
}

/** How many rows each bucket of each feature has. */
export function bucketCounts({ rows, features, codes }: CodeMatrix): Uint32Array[] {
  return Array.from({ length: features }, (_, feature) => {
    const counts = new Uint32Array(STRIDE);
    for (let at = feature * rows; at < (feature + 1) * rows; at++) counts[codes[at]]++;
    return counts;
  });
}

/** How many rows each group has. @param counts rows per bucket, of each feature. */
export function groupCounts(
  counts: readonly Uint32Array[],
  { feature, groupOf }: Grouping,
): Uint32Array {
  const own = new Uint32Array(STRIDE);
  counts[feature].forEach((count, bucket) => (own[groupOf[bucket]] += count));
  return own;
}
