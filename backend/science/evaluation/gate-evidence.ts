import type { Scorer } from '../../../shared/score/scorer.ts';
import { pointsPerRow } from '../learn/score-set.ts';
import type { TrainingSet } from '../learn/training-set.ts';
import { eceInterval, reliability } from './calibration.ts';
import { featureDrift, scoreBins, scoreDrift } from './drift.ts';
import type { GateEvidence } from './gate.ts';
import { heldOutGain } from './held-out-gain.ts';

const SEED = 1;

/**
 * What held-out slates say of a challenger: its gain over the champion there, its calibration, and how far scores
 * and features have moved from the slates before.
 * @param reference slates that came before. @param held slates that neither scorer learned from.
 * @param offset log-odds of each held row that both scorers take as given, such as the effect of its slot.
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
  const { intercept, slope } = challenger.calibration;
  const p = points.map((value) => 1 / (1 + Math.exp(-(intercept + slope * value))));
  const labels = held.reward.map((reward) => (reward > 0 ? 1 : 0));
  const reliable = reliability(p, labels);
  const ece = eceInterval(p, labels, sessionOfRow(held), { seed: SEED });
  return {
    ...(gain && { heldOutGain: gain }),
    ...(reliable && { calibration: { ece: reliable.ece, ...(ece && { eceLow: ece.low }) } }),
    ...(reference.rows > 0 && {
      drift: {
        score: scoreDrift(scoreBins(pointsPerRow(challenger, reference)), points),
        features: featureDrift(challenger.schema, reference, held),
      },
    }),
  };
}

function sessionOfRow({ rows, starts, session }: TrainingSet): Uint32Array {
  const own = new Uint32Array(rows);
  session.forEach((number, slate) => own.fill(number, starts[slate], starts[slate + 1]));
  return own;
}
