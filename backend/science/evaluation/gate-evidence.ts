import type { Calibration, Scorer } from '../../../shared/score/scorer.ts';
import { pointsPerRow } from '../learn/score-set.ts';
import { slateCount, type TrainingSet } from '../learn/training-set.ts';
import { eceInterval, reliability } from './calibration.ts';
import { calibratedOn } from './calibrated-on.ts';
import { clusterPerRow } from './cluster-per-row.ts';
import type { GateEvidence } from './gate.ts';
import { heldOutGain } from './held-out-gain.ts';
import { scoringWork } from './scoring-work.ts';

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
