import { heldOutUnits } from './held-out-units.ts';
import { leakProblem } from './leaking-columns.ts';
import { unitsProblem } from './minimums.ts';
import type { Prior } from './shrink.ts';
import { lackOfSkill, type StageOutcome } from './stage.ts';
import type { UnitDesign } from './unit-design.ts';
import type { UnitTable } from './unit-table.ts';
import { unitSkill, unitWeights } from './unit-weights.ts';

/**
 * Weights from units; refused where there are too few or they have no held-out skill. A constant metric has weight 0.
 * @param equal equal weights of all metrics.
 */
export function unitStage(
  table: UnitTable | undefined,
  design: UnitDesign | undefined,
  prior: Prior,
  equal: Float64Array,
  metrics: readonly string[],
  seed: number,
): StageOutcome {
  if (table === undefined || design === undefined) return { refused: 'there are no units' };
  const { rows } = design;
  const problem = unitsProblem(table.target.name, rows.length, design.target.deviation);
  if (problem !== undefined) return { refused: problem };
  if (design.metrics.length === 0) return { refused: 'no metric differs from unit to unit' };
  const places = design.metrics.map((metric) => metrics.indexOf(metric));
  const own: Prior = {
    mean: Float64Array.from(places, (place) => prior.mean[place]),
    covariance: new Float64Array(places.length ** 2),
  };
  const at = table.at;
  const folds = heldOutUnits(rows.length, at && Float64Array.from(rows, (row) => at[row]), seed);
  const leak = leakProblem(design, table.target.name, folds);
  if (leak !== undefined) return { refused: leak };
  const skill = unitSkill(
    design,
    own,
    Float64Array.from(places, (place) => equal[place]),
    folds,
  );
  const refused = lackOfSkill(skill, 'units');
  if (skill === undefined || refused !== undefined)
    return { refused: refused!, ...(skill && { skill }) };
  const found = unitWeights(design, own, seed);
  const size = metrics.length;
  const weights = new Float64Array(size);
  const covariance = new Float64Array(size * size);
  places.forEach((to, i) => {
    weights[to] = found.weights[i];
    places.forEach((across, j) => {
      covariance[to * size + across] = found.covariance[i * places.length + j];
    });
  });
  return {
    weights,
    covariance,
    shrinkage: found.shrinkage,
    skill,
    clusters: rows.length,
    about: {
      heldOut:
        folds.length === 1 ? 'the latest quarter of the units' : `${folds.length} seeded folds`,
    },
  };
}
