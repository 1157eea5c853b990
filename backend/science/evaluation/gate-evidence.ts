import type { Calibration, Scorer } from '../../../shared/score/scorer.ts';
import { pointsPerRow } from '../learn/score-set.ts';
import { slateCount, type TrainingSet } from '../learn/training-set.ts';
import { eceInterval, reliability } from './calibration.ts';
import { calibratedOn } from './calibrated-on.ts';
import { clusterPerRow } from './cluster-per-row.ts';
import type { Cover } from './cover.ts';
import { heldOutGain, type HeldOutGain } from './held-out-gain.ts';
import { scoringWork } from './scoring-work.ts';

/** The evidence on a challenger. What was not evaluated is left out, and the gate reports it. */
export interface GateEvidence {
  /** Off-policy estimate of challenger minus champion from the champion's log, or why it was refused. */
  readonly offPolicyGain?: OffPolicyGain | { readonly refused: string };
  /** Mean loss of the champion minus mean loss of the challenger per held-out slate, with a clustered interval. */
  readonly heldOutGain?: HeldOutGain;
  /** Rankings that all of this comes from, learned from or held out. */
  readonly rankings?: number;
  /** How much of the challenger's slates the champion's log could have shown. */
  readonly cover?: Cover;
  /** Visitors changed since the champion was learned, and began to reward what it shows less. */
  readonly rewardsFell?: true;
  readonly guardrails?: readonly GuardrailInterval[];
  /** Of the challenger, on the rankings that it learned from. */
  readonly calibration?: CalibrationError;
  /** How many of the challenger's scores are no finite number. */
  readonly notFinite?: number;
  /** Scoring work per request (see `scoringWork`). */
  readonly cost?: { readonly challenger: number; readonly champion: number };
  readonly dataQuality?: { readonly passed: boolean; readonly failures: readonly string[] };
}

export interface OffPolicyGain {
  readonly estimator: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Effective sample size. */
  readonly ess: number;
}

interface CalibrationError {
  readonly ece: number;
  /**
   * Lower bound of its 95 % interval. It is checked instead of the ECE where given, because noise increases an ECE.
   */
  readonly eceLow?: number;
}

/** A metric that must not get worse: the 95 % interval of its relative change (0.01 is an increase by 1 %). */
export interface GuardrailInterval {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  readonly low: number;
  readonly high: number;
  /** The margin: −0.02 tolerates a decrease by 2 % (better higher), 0.05 an increase by 5 % (better lower). */
  readonly worstAllowed: number;
}

const SEED = 1;

/**
 * The gate's evidence from a log: the challenger's gain over the champion on held-out slates, its calibration on what it
 * was trained on, and what scoring it costs. Its calibration on the held-out slates decides nothing: where the world has
 * turned since, a challenger that is off there is still better than a champion that is farther off.
 * @param trained the slates that the challenger was trained on. @param held slates that neither scorer was trained on.
 * @param offset log-odds of each held-out row that are added to both scorers' scores, such as the position bias of its
 * slot.
 */
export function gateEvidence(
  champion: Scorer,
  challenger: Scorer,
  trained: TrainingSet,
  held: TrainingSet,
  offset?: Float64Array,
): GateEvidence {
  const points = pointsPerRow(challenger, held);
  const gain = heldOutGain(held, pointsPerRow(champion, held), points, offset);
  const fitted = pointsPerRow(challenger, trained);
  const calibration = calibrationEvidence(calibratedOn(challenger, trained), fitted, trained);
  return {
    ...(gain && { heldOutGain: gain }),
    rankings: slateCount(trained) + slateCount(held),
    ...(calibration && { calibration }),
    notFinite: countNotFinite(points) + countNotFinite(fitted),
    cost: { challenger: scoringWork(challenger), champion: scoringWork(champion) },
  };
}

const countNotFinite = (points: Float64Array): number =>
  points.reduce((count, value) => count + Number(!Number.isFinite(value)), 0);

function calibrationEvidence(
  calibration: Calibration | undefined,
  points: Float64Array,
  trained: TrainingSet,
): GateEvidence['calibration'] {
  if (calibration === undefined || points.length === 0) return undefined;
  const { intercept, slope } = calibration;
  const p = points.map((value) => 1 / (1 + Math.exp(-(intercept + slope * value))));
  const labels = trained.reward.map((reward) => (reward > 0 ? 1 : 0));
  const table = reliability(p, labels);
  const ece = eceInterval(p, labels, clusterPerRow(trained), { seed: SEED });
  return table && { ece: table.ece, ...(ece && { eceLow: ece.low }) };
}
