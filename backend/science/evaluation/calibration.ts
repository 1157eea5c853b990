import type { Calibration } from '../../../shared/score/scorer.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { calibrate } from '../learn/calibrate.ts';
import { limitedProbability } from './classification-metrics.ts';

/** One bin of a reliability table; bins without rows are left out. */
export interface ReliabilityBin {
  /** The bin holds `low ≤ p < high`; the last one also p = 1. */
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly meanP: number;
  /** Share of positives. */
  readonly rate: number;
}

/** A reliability table with its calibration errors. */
export interface Reliability {
  readonly bins: readonly ReliabilityBin[];
  /** Expected calibration error: `Σ (n_b / n) |meanP_b − rate_b|` (Naeini et al., AAAI 2015). */
  readonly ece: number;
  /** Maximum calibration error: the largest |meanP_b − rate_b|. */
  readonly mce: number;
}

/**
 * Reliability of predicted probabilities: the rate of positives against the predicted probability, by bin.
 * @param p and `labels`: one each per row; a label is positive above 0. @param bins number of bins of equal width.
 * @returns undefined without rows. @throws where a probability is not in 0..1.
 */
export function reliability(
  p: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = 10,
): Reliability | undefined {
  const [n, sumP, yes] = [new Float64Array(bins), new Float64Array(bins), new Float64Array(bins)];
  for (let row = 0; row < p.length; row++) {
    const bin = binOf(p[row], bins);
    n[bin]++;
    sumP[bin] += p[row];
    if (labels[row] > 0) yes[bin]++;
  }
  if (p.length === 0) return undefined;
  const table = Array.from(n, (size, bin) => ({
    low: bin / bins,
    high: (bin + 1) / bins,
    n: size,
    meanP: sumP[bin] / size,
    rate: yes[bin] / size,
  })).filter((bin) => bin.n > 0);
  const gaps = table.map((bin) => Math.abs(bin.meanP - bin.rate));
  const ece = gaps.reduce((sum, gap, i) => sum + (gap * table[i].n) / p.length, 0);
  return { bins: table, ece, mce: Math.max(...gaps) };
}

const binOf = (p: number, bins: number): number => {
  if (!(p >= 0 && p <= 1)) throw new Error(`a probability must be in 0..1, not ${p}`);
  return Math.min(Math.floor(p * bins), bins - 1);
};

const logit = (p: number): number => {
  const limited = limitedProbability(p);
  return Math.log(limited) - Math.log1p(-limited);
};

/**
 * Calibration line `P(y = 1) = σ(intercept + slope · logit p)`, fitted by maximum likelihood (Cox, 1958; used to
 * recalibrate it is Platt scaling, 1999, without smoothed targets). Intercept 0 and slope 1 are perfect calibration; a
 * slope below 1 means overconfident predictions.
 * @returns undefined unless there are both classes.
 */
export function calibrationLine(
  p: ArrayLike<number>,
  labels: ArrayLike<number>,
): Calibration | undefined {
  const yes = Array.from(labels).filter((label) => label > 0).length;
  if (yes === 0 || yes === labels.length) return undefined;
  return calibrate(Float64Array.from(p, logit), Float64Array.from(labels));
}

/** The recalibrated probability. */
export const recalibrated = (line: Calibration, p: number): number =>
  1 / (1 + Math.exp(-(line.intercept + line.slope * logit(p))));

/**
 * 95 % basic bootstrap interval of the ECE over clusters, limited to 0 and above. The basic bootstrap corrects for
 * bias: noise can only increase an ECE, so resamples have a larger one than the sample, by as much as the sample has
 * over the truth.
 * @param cluster the cluster number of each row.
 * @returns undefined with fewer than two clusters.
 */
export function eceInterval(
  p: ArrayLike<number>,
  labels: ArrayLike<number>,
  cluster: ArrayLike<number>,
  { seed, bins = 10, resamples = 200 }: { seed: number; bins?: number; resamples?: number },
): { low: number; high: number } | undefined {
  // Rows are aggregated into one cell per (cluster, bin): its count and Σ (p − y).
  const numberOf = new Map<number, number>();
  const cells = new Map<number, { n: number; gap: number }>();
  for (let row = 0; row < p.length; row++) {
    let number = numberOf.get(cluster[row]);
    if (number === undefined) numberOf.set(cluster[row], (number = numberOf.size));
    const key = number * bins + binOf(p[row], bins);
    let cell = cells.get(key);
    if (cell === undefined) cells.set(key, (cell = { n: 0, gap: 0 }));
    cell.n++;
    cell.gap += p[row] - (labels[row] > 0 ? 1 : 0);
  }
  const clusters = numberOf.size;
  if (clusters < 2) return undefined;
  const keys = Uint32Array.from(cells.keys());
  const n = Float64Array.from(cells.values(), (cell) => cell.n);
  const gap = Float64Array.from(cells.values(), (cell) => cell.gap);
  const times = new Uint32Array(clusters).fill(1);
  const gaps = new Float64Array(bins);
  const eceOfDraw = () => {
    let rows = 0;
    gaps.fill(0);
    for (let i = 0; i < keys.length; i++) {
      const drawn = times[Math.floor(keys[i] / bins)];
      gaps[keys[i] % bins] += drawn * gap[i];
      rows += drawn * n[i];
    }
    return gaps.reduce((sum, value) => sum + Math.abs(value), 0) / rows;
  };
  const ece = eceOfDraw();
  const random = seededRandom(seed);
  const drawn = Float64Array.from({ length: resamples }, () => {
    times.fill(0);
    for (let i = 0; i < clusters; i++) times[Math.floor(random() * clusters)]++;
    return eceOfDraw();
  }).toSorted();
  const at = (share: number) => drawn[Math.round(share * (resamples - 1))];
  return {
    low: Math.max(0, 2 * ece - at(0.975)),
    high: Math.max(0, 2 * ece - at(0.025)),
  };
}
