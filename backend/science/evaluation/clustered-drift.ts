import { chiSquareTail } from '../statistics/distributions.ts';

/** Rows that belong together and are therefore no independent evidence: those of one request, or of one item. */
export interface Clustering {
  /** Cluster of each row. */
  readonly of: ArrayLike<number>;
  readonly count: number;
  /**
   * Of each cluster, how much of its variance is chance: 1 − m/N where m of all N there are were drawn without replacement
   * (finite population correction), so 0 where nothing was left out. Default 1.
   */
  readonly chance?: ArrayLike<number>;
}

/** One bucket per row, and the ways in which rows are clustered: by request, by item, or by both at once. */
export interface ClusteredBuckets {
  readonly buckets: ArrayLike<number>;
  readonly clusterings: readonly Clustering[];
}

export interface ClusteredDrift {
  /** Population stability index: `Σ (aᵦ − rᵦ) ln(aᵦ / rᵦ)` over the buckets' shares, a symmetric Kullback–Leibler divergence. */
  readonly psi: number;
  /** Expected PSI without drift. It is large for many buckets and few clusters. */
  readonly byChance: number;
  /** `psi − byChance`, at least 0: the usual thresholds (under 0.1 stable, from 0.25 a major shift) are meant for this. */
  readonly excess: number;
  /** How likely chance alone gives so large a PSI. */
  readonly p: number;
}

interface Shares {
  readonly of: Float64Array;
  /** Covariance of the shares by chance, `K × K`. */
  readonly covariance: Float64Array;
  /** What an empty bucket counts as: half of a cluster. */
  readonly least: number;
}

/**
 * Drift of a distribution whose rows are clustered. To second order the PSI without drift is `Σ dᵦ² / πᵦ`, where d is the
 * difference of the two sides' shares, a normal variable with the covariance Σ of both sides together, and π their mean. Its
 * expectation, `Σ Σᵦᵦ / πᵦ`, is what `byChance` says: `(B − 1)(1/n + 1/m)` where rows are independent (Yurdakul & Naranjo, 2020). Its tail is
 * that of the scaled χ² with the same mean and variance (Satterthwaite, 1946).
 * Σ is that of a ratio of sums over clusters, added up over the clusterings (Cameron, Gelbach & Miller, 2011, without the
 * variance of single pairs, which both contain: it is never too small for that).
 * @throws Error when either side has no rows.
 */
export function clusteredDrift(
  reference: ClusteredBuckets,
  current: ClusteredBuckets,
): ClusteredDrift {
  if (reference.buckets.length === 0 || current.buckets.length === 0)
    throw new Error(
      `drift from ${reference.buckets.length} rows to ${current.buckets.length}: both sides need rows`,
    );
  const indexOf = new Map<number, number>();
  const [rowsBefore, rowsAfter] = [reference, current].map(({ buckets }) =>
    numbered(buckets, indexOf),
  );
  const size = indexOf.size;
  const before = sharesOf(rowsBefore, size, reference.clusterings);
  const after = sharesOf(rowsAfter, size, current.clusterings);
  let [psi, byChance, squares] = [0, 0, 0];
  const pi = before.of.map((share, b) => (share + after.of[b]) / 2);
  for (let b = 0; b < size; b++) {
    const from = Math.max(before.of[b], before.least);
    const to = Math.max(after.of[b], after.least);
    psi += (to - from) * Math.log(to / from);
    for (let c = 0; c < size; c++) {
      const sum = before.covariance[b * size + c] + after.covariance[b * size + c];
      squares += sum ** 2 / (pi[b] * pi[c]);
      if (b === c) byChance += sum / pi[b];
    }
  }
  const excess = Math.max(0, psi - byChance);
  return { psi, byChance, excess, p: tail(psi, byChance, squares) };
}

/** @param mean of `Σ λ χ²₁`, that is Σ λ. @param squares Σ λ². */
function tail(psi: number, mean: number, squares: number): number {
  if (psi <= 0) return 1;
  if (squares === 0) return 0;
  const df = mean ** 2 / squares;
  return chiSquareTail((psi * df) / mean, df);
}

/** The number of each row's bucket, in the order in which buckets are met. @param indexOf takes the new ones. */
function numbered(buckets: ArrayLike<number>, indexOf: Map<number, number>): Uint32Array {
  const numbers = new Uint32Array(buckets.length);
  for (let row = 0; row < numbers.length; row++) {
    let index = indexOf.get(buckets[row]);
    if (index === undefined) indexOf.set(buckets[row], (index = indexOf.size));
    numbers[row] = index;
  }
  return numbers;
}

/** @param rows the number of each row's bucket, below `size`. */
function sharesOf(rows: Uint32Array, size: number, clusterings: readonly Clustering[]): Shares {
  const of = new Float64Array(size);
  for (const bucket of rows) of[bucket] += 1 / rows.length;
  const covariance = new Float64Array(size * size);
  for (const clustering of clusterings) addCovariance(covariance, of, rows, clustering);
  const clusters = Math.max(...clusterings.map(({ count }) => count));
  return { of, covariance, least: 0.5 / clusters };
}

/** Adds `C/(C−1) Σ dᵤ dᵤᵀ / rows²`, where dᵤ is what cluster u has of each bucket beyond what its rows let expect. */
function addCovariance(
  covariance: Float64Array,
  shares: Float64Array,
  rows: Uint32Array,
  { of, count, chance }: Clustering,
): void {
  const size = shares.length;
  const counts = new Float64Array(count * size);
  const sizes = new Float64Array(count);
  for (let row = 0; row < rows.length; row++) {
    counts[of[row] * size + rows[row]]++;
    sizes[of[row]]++;
  }
  const used = sizes.reduce((sum, own) => sum + Number(own > 0), 0);
  const correction = used > 1 ? used / (used - 1) : 1;
  const beyond = new Float64Array(size);
  for (let u = 0; u < count; u++) {
    const scale = (correction * (chance?.[u] ?? 1)) / rows.length ** 2;
    if (sizes[u] === 0 || scale === 0) continue;
    for (let b = 0; b < size; b++) beyond[b] = counts[u * size + b] - shares[b] * sizes[u];
    for (let b = 0; b < size; b++)
      for (let c = 0; c < size; c++) covariance[b * size + c] += scale * beyond[b] * beyond[c];
  }
}
