import type { WeightDelta } from '../../../shared/domain/weight-delta.ts';
import { featureIndex } from '../../../shared/features/schema.ts';
import { STRIDE, toUnits, type AdditiveScorer } from '../../../shared/score/scorer.ts';
import { gateEvidence } from '../evaluation/gate-evidence.ts';
import { runGate } from '../evaluation/gate.ts';
import { DEFAULT_GATE_RULES } from '../evaluation/gate-rules.ts';
import type { GateReport } from '../evaluation/gate-report.ts';
import { learnDeltas } from '../learn/additive/learn-deltas.ts';
import { warmSlope } from '../learn/additive/first-pass.ts';
import { slotOffsets } from '../learn/additive/slot-weights.ts';
import { calibrate } from '../learn/calibrate.ts';
import type { Device } from '../learn/device/device.ts';
import { pointsPerRow } from '../learn/score-set.ts';
import { splitByTime, type TrainingSet } from '../learn/training-set.ts';
import { alphaOfLook } from '../statistics/alpha-spending.ts';

export interface OnlineOptions {
  /** Standard deviation of the prior of a weight around the published one, in log-odds. */
  readonly spread: number;
  /** The most that the deltas together may move an item of the set within its slate, in log-odds. */
  readonly trustRegion: number;
  /** How often the gate has been asked about deltas of this base, this time included; from 1. */
  readonly look: number;
  readonly device: Device;
}

export interface OnlineUpdate {
  readonly deltas: readonly WeightDelta[];
  readonly gate: GateReport;
}

const HELD_OUT_SHARE = 0.2;

/**
 * Learns deltas on the earlier slates, keeps them within the trust region, and has the gate judge them on the latest
 * fifth, as it judges a version. The deltas that were judged are those to be sent: none are fitted again on everything.
 *
 * As it is asked again and again, each look spends a part of its error rate: over all looks since the base was published,
 * however many, deltas that gain nothing are accepted with a probability of at most 2.5 % (`alphaOfLook`).
 */
export async function learnOnline(
  set: TrainingSet,
  base: AdditiveScorer,
  { spread, trustRegion, look, device }: OnlineOptions,
): Promise<OnlineUpdate> {
  const [train, held] = splitByTime(set, HELD_OUT_SHARE);
  const slope = warmSlope(base, train);
  const learned = await learnDeltas(train, base, spread, device);
  const deltas = withinTrustRegion(learned, base, set, trustRegion / slope);
  const changed = withDeltas(base, deltas);
  const challenger = {
    ...changed,
    calibration: calibrate(pointsPerRow(changed, train), train.reward),
  };
  const slots = slotOffsets(base, train, slope, held);
  const evidence = gateEvidence(base, challenger, train, held, slots);
  const alpha = alphaOfLook(look, DEFAULT_GATE_RULES.alpha);
  return { deltas, gate: runGate(evidence, { mode: 'direct', required: ['calibration'], alpha }) };
}

/** The published weights with deltas, as the edge adds them. */
function withDeltas(base: AdditiveScorer, deltas: readonly WeightDelta[]): AdditiveScorer {
  const weights = base.weights.slice();
  for (const { feature, bucket, points } of deltas)
    weights[featureIndex(base.schema, feature) * STRIDE + bucket] += toUnits(points);
  return { ...base, weights };
}

/**
 * Deltas of which every one is made smaller by the same factor, so that none of the items that were shown moves too far from
 * the mean of its slate; of slates of one, from the mean of all of them.
 */
function withinTrustRegion(
  deltas: readonly WeightDelta[],
  base: AdditiveScorer,
  set: TrainingSet,
  mostPoints: number,
): WeightDelta[] {
  const before = pointsPerRow(base, set);
  const moved = pointsPerRow(withDeltas(base, deltas), set).map(
    (after, row) => after - before[row],
  );
  const alone: number[] = [];
  let farthest = 0;
  const compare = (own: ArrayLike<number>) => {
    let mean = 0;
    for (let i = 0; i < own.length; i++) mean += own[i] / own.length;
    for (let i = 0; i < own.length; i++) farthest = Math.max(farthest, Math.abs(own[i] - mean));
  };
  for (let slate = 0; slate + 1 < set.starts.length; slate++) {
    const own = moved.subarray(set.starts[slate], set.starts[slate + 1]);
    if (own.length === 1) alone.push(own[0]);
    else compare(own);
  }
  compare(alone);
  const factor = Math.min(1, mostPoints / farthest);
  return deltas
    .map((delta) => ({ ...delta, points: delta.points * factor }))
    .filter(({ points }) => toUnits(points) !== 0);
}
