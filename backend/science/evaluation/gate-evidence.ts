import type { Calibration, Scorer } from '../../../shared/score/scorer.ts';
import { pointsPerRow } from '../learn/score-set.ts';
import type { TrainingSet } from '../learn/training-set.ts';
import { eceInterval, reliability } from './calibration.ts';
import { calibratedOn } from './calibrated-on.ts';
import { clusterPerRow } from './cluster-per-row.ts';
import { featureDrift, scoreBins, scoreDrift } from './drift.ts';
import type { GateEvidence } from './gate.ts';
import { heldOutGain } from './held-out-gain.ts';

const SEED = 1;

/**
 * The gate's evidence from held-out slates: the challenger's gain over the champion, its calibration, and the drift of
 * scores and features since the reference.
 * @param reference earlier slates. @param held slates that neither scorer was trained on.
 * @param offset log-odds of each held-out row that are added to both scorers' scores, such as the position bias of its
 * slot.
 */
export function gateEvidence(
  champion: Scorer,
  challenger: Scorer,
  reference: TrainingSet,
  held: TrainingSet,
  offset?: Float64Array,
): GateEvidence {
  const points = pointsPerRow(challenger, held);
  const gain = heldOutGain(held, pointsPerRow(champion, held), points, offset);
  const calibration = calibrationEvidence(calibratedOn(challenger, reference), points, held);
  return {
    ...(gain && { heldOutGain: gain }),
    ...(calibration && { calibration }),
    ...(reference.rows > 0 && {
      drift: {
        score: scoreDrift(scoreBins(pointsPerRow(challenger, reference)), points),
        features: featureDrift(challenger.schema, reference, held),
      },
    }),
  };
}

function calibrationEvidence(
  calibration: Calibration | undefined,
  points: Float64Array,
  held: TrainingSet,
): GateEvidence['calibration'] {
  if (calibration === undefined) return undefined;
  const { intercept, slope } = calibration;
  const p = points.map((value) => 1 / (1 + Math.exp(-(intercept + slope * value))));
  const labels = held.reward.map((reward) => (reward > 0 ? 1 : 0));
  const table = reliability(p, labels);
  const ece = eceInterval(p, labels, clusterPerRow(held), { seed: SEED });
  return table && { ece: table.ece, ...(ece && { eceLow: ece.low }) };
}
