import { Z95 } from '../statistics/distributions.ts';
import { MINIMUM_PER_ARM, notEnoughData, type Unavailable } from '../statistics/unavailable.ts';
import { count } from '../../../shared/text/text.ts';
import type { SkillFigure, SurrogateWeights } from './learned-weights.ts';
import { dot, quadratic } from '../statistics/matrix.ts';
import { normaliserOf } from './normalise.ts';
import type { NumberColumn, UnitTable } from './unit-table.ts';

/** The effects of one treatment arm, or why they are unavailable. */
export type ArmAnswer = ArmEffects | (Unavailable & { readonly arm: string });

export interface ArmEffects {
  readonly kind: 'arm-effects';
  readonly arm: string;
  readonly units: number;
  readonly controlUnits: number;
  /** In standard deviations of the metric per unit. */
  readonly effects: readonly ArmEffect[];
  /**
   * Σ weight × effect, the predicted effect on the target in its standard deviations; the interval includes the
   * uncertainty of the weights.
   */
  readonly predicted: SkillFigure;
  /** Effect on the target itself so far, in its standard deviations; absent where an arm has fewer than two labels. */
  readonly observed?: SkillFigure;
  /** Standard deviation of the target, which converts `predicted` and `observed` into its own units. */
  readonly targetDeviation: number;
}

export interface ArmEffect extends SkillFigure {
  readonly metric: string;
}

/**
 * The weighted sum of effects (`resultData`) of each treatment arm, from a table of units. With d the vector of
 * (treatment mean − control mean) / standard deviation per metric it is wᵀd, with variance to first order
 * `wᵀS w + dᵀV d`: S is the sampling covariance of the effects, `Σ_t/n_t + Σ_c/n_c`, correlations of the metrics
 * included, and V the covariance of the weights. Units with a missing metric are left out.
 * @returns one entry per treatment arm; empty without arms.
 */
export function armEffects(table: UnitTable, learned: SurrogateWeights): ArmAnswer[] {
  const { arms, metrics, target } = table;
  if (arms === undefined) return [];
  const deviations = metrics.map(({ name }) => learned.normalisers[name].deviation);
  const complete = Uint32Array.from({ length: table.units }, (_, unit) => unit).filter((unit) =>
    metrics.every(({ values }) => !Number.isNaN(values[unit])),
  );
  const unitsOf = (arm: number) => complete.filter((unit) => arms.of[unit] === arm);
  const control = unitsOf(0);
  const weights = Float64Array.from(
    metrics,
    ({ name }) => learned.weights.find(({ metric }) => metric === name)!.weight,
  );
  const targetDeviation = normaliserOf(target.values).deviation;
  return arms.names.slice(1).map((arm, i): ArmAnswer => {
    const units = unitsOf(i + 1);
    const fewest = Math.min(units.length, control.length);
    if (fewest < MINIMUM_PER_ARM)
      return {
        ...notEnoughData(fewest, MINIMUM_PER_ARM),
        message: `not enough data: ${count(fewest)} of ${count(MINIMUM_PER_ARM)} units in an arm`,
        arm,
      };
    const [c, t] = [momentsOf(metrics, control), momentsOf(metrics, units)];
    const size = metrics.length;
    const scale = (at: number) => deviations[(at / size) | 0] * deviations[at % size];
    const errorCovariance = c.covariance.map((value, at) =>
      scale(at) === 0 ? 0 : (value / control.length + t.covariance[at] / units.length) / scale(at),
    );
    const effects = t.mean.map((mean, m) =>
      deviations[m] === 0 ? 0 : (mean - c.mean[m]) / deviations[m],
    );
    const variance = quadratic(errorCovariance, weights) + quadratic(learned.covariance, effects);
    const observed = observedEffect(target, control, units, targetDeviation);
    return {
      kind: 'arm-effects',
      arm,
      units: units.length,
      controlUnits: control.length,
      effects: metrics.map(({ name }, m) => ({
        metric: name,
        ...withInterval(effects[m], errorCovariance[m * size + m]),
      })),
      predicted: withInterval(dot(weights, effects), variance),
      ...(observed && { observed }),
      targetDeviation,
    };
  });
}

/** 95 % normal interval. */
const withInterval = (mean: number, variance: number): SkillFigure => {
  const half = Z95 * Math.sqrt(variance);
  return { mean, low: mean - half, high: mean + half };
};

function observedEffect(
  { values }: NumberColumn,
  control: Uint32Array,
  treatment: Uint32Array,
  deviation: number,
): SkillFigure | undefined {
  const [c, t] = [control, treatment].map((units) => {
    const labelled = units.filter((unit) => !Number.isNaN(values[unit]));
    return { n: labelled.length, ...normaliserOf(values, labelled) };
  });
  if (c.n < 2 || t.n < 2 || deviation === 0) return undefined;
  const variance = (c.deviation ** 2 / c.n + t.deviation ** 2 / t.n) / deviation ** 2;
  return withInterval((t.mean - c.mean) / deviation, variance);
}

function momentsOf(metrics: readonly NumberColumn[], units: Uint32Array) {
  const size = metrics.length;
  const mean = Float64Array.from(metrics, ({ values }) => normaliserOf(values, units).mean);
  const covariance = new Float64Array(size * size);
  for (const unit of units)
    for (let a = 0; a < size; a++)
      for (let b = 0; b < size; b++)
        covariance[a * size + b] +=
          ((metrics[a].values[unit] - mean[a]) * (metrics[b].values[unit] - mean[b])) /
          (units.length - 1);
  return { mean, covariance };
}
