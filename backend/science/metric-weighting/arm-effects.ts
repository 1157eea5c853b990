import { MINIMUM_PER_ARM, notEnoughData, type NoAnswer } from '../statistics/unavailable.ts';
import { count } from '../../../shared/text/text.ts';
import type { SkillFigure, SurrogateWeights } from './learned-weights.ts';
import { dot, quadratic } from '../statistics/matrix.ts';
import { normaliserOf } from './normalise.ts';
import type { NumberColumn, UnitTable } from './unit-table.ts';

/** One treatment arm against the control, or why there is nothing to say of it. */
export type ArmAnswer = ArmEffects | (NoAnswer & { readonly arm: string });

export interface ArmEffects {
  readonly kind: 'arm-effects';
  readonly arm: string;
  readonly units: number;
  readonly controlUnits: number;
  /** In standard deviations of a unit's metric. */
  readonly effects: readonly ArmEffect[];
  /** Σ weight × effect: on the target, in its standard deviations, the weights' own uncertainty included. */
  readonly predicted: SkillFigure;
  /** What the target itself shows so far, in its standard deviations; absent where an arm has no two labels. */
  readonly observed?: SkillFigure;
  /** Predicted and observed in the target's own units. */
  readonly targetDeviation: number;
}

export interface ArmEffect extends SkillFigure {
  readonly metric: string;
}

const Z95 = 1.959963984540054;

/**
 * `resultData` of units in arms: d = (mean of treatment − mean of control) / deviation per metric, wᵀd, and its variance
 * to first order `wᵀS w + dᵀV d`, S the units' covariance of the effects `Σ_t/n_t + Σ_c/n_c` and V that of the weights.
 * Metrics of one unit go together, so S is taken whole. Units of which a metric is missing are left out.
 */
export function armEffects(table: UnitTable, learned: SurrogateWeights): ArmAnswer[] {
  const { arms, metrics, target } = table;
  if (arms === undefined) return [];
  const deviations = metrics.map(({ name }) => learned.normalisers[name].deviation);
  const known = Uint32Array.from({ length: table.units }, (_, unit) => unit).filter((unit) =>
    metrics.every(({ values }) => !Number.isNaN(values[unit])),
  );
  const unitsOf = (arm: number) => known.filter((unit) => arms.of[unit] === arm);
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
    const noise = c.covariance.map((value, at) =>
      scale(at) === 0 ? 0 : (value / control.length + t.covariance[at] / units.length) / scale(at),
    );
    const effects = t.mean.map((mean, m) =>
      deviations[m] === 0 ? 0 : (mean - c.mean[m]) / deviations[m],
    );
    const variance = quadratic(noise, weights) + quadratic(learned.covariance, effects);
    const observed = observedEffect(target, control, units, targetDeviation);
    return {
      kind: 'arm-effects',
      arm,
      units: units.length,
      controlUnits: control.length,
      effects: metrics.map(({ name }, m) => ({
        metric: name,
        ...around(effects[m], noise[m * size + m]),
      })),
      predicted: around(dot(weights, effects), variance),
      ...(observed && { observed }),
      targetDeviation,
    };
  });
}

const around = (mean: number, variance: number): SkillFigure => {
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
  return around((t.mean - c.mean) / deviation, variance);
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
