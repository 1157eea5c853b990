import { invalid } from '../../../shared/domain/errors.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { studentQuantile } from '../statistics/distributions.ts';
import { withShares } from '../evaluation/importance/importance.ts';
import type { Device } from '../learn/device/device.ts';
import { bootstrapCovariance } from './draws.ts';
import { encodeUnits, unitCodes, type Cross } from './encode-units.ts';
import { fitUnitTrees, type UnitModelKind } from './fit-unit-trees.ts';
import { gram } from './gram.ts';
import { foretoldByContext, gramWithout } from './held-out-context.ts';
import { heldOutUnits } from './held-out-units.ts';
import { leakProblem } from './leaking-columns.ts';
import type { ImportanceWeights, MetricWeight } from './learned-weights.ts';
import { dot } from '../statistics/matrix.ts';
import { unitsProblem } from './minimums.ts';
import { normalised, normaliserOf } from './normalise.ts';
import { equalWeights } from './prior.ts';
import { skillOf } from './skill.ts';
import { lackOfSkill } from './stage.ts';
import { contextOf, unitDesign, type UnitDesign } from './unit-design.ts';
import type { ImportanceKind } from './importance-kind.ts';
import { unitImportance } from './unit-importance.ts';
import type { UnitTable } from './unit-table.ts';

export interface LearnImportanceOptions {
  readonly seed: number;
  /** Default: forest. */
  readonly model?: UnitModelKind;
  /** Default: shap. */
  readonly by?: ImportanceKind;
  readonly crosses?: readonly Cross[];
  readonly device: Device;
}

const [TREES, EXPLAINED] = [100, 256];
/** The models of the bootstrap are half as large, because they only serve to estimate the variance. */
const [RESAMPLES, FEWER_TREES, FEWER_EXPLAINED] = [20, 50, 128];

/**
 * Importance of each metric to a forest or boosted trees that predict the target: non-negative shares of the metrics
 * that add up to 1, without context. They state neither the direction of an effect nor a cause. The 95 % interval is
 * the share ± t · standard deviation over models learned from bootstrap resamples of the units, limited to 0..1. Blocks
 * the calling thread for seconds.
 * @throws ApiError without a metric.
 */
export async function learnImportance(
  table: UnitTable,
  { seed, model: kind = 'forest', by = 'shap', crosses = [], device }: LearnImportanceOptions,
): Promise<ImportanceWeights> {
  if (table.metrics.length === 0)
    throw invalid('there is no metric to weigh: declare at least one');
  const metrics = table.metrics.map(({ name }) => name);
  const labelled = Uint32Array.from({ length: table.units }, (_, unit) => unit).filter(
    (unit) => !Number.isNaN(table.target.values[unit]),
  );
  const shared = {
    method: 'importance',
    by,
    target: table.target.name,
    units: labelled.length,
    experiments: 0,
    normalisers: Object.fromEntries(
      table.metrics.map(({ name, values }) => [name, normaliserOf(values, labelled)]),
    ),
    seed,
  } as const;
  const target = normaliserOf(table.target.values, labelled);
  const missing = unitsProblem(table.target.name, labelled.length, target.deviation);
  if (missing !== undefined)
    return { ...shared, weights: equalShares(metrics), model: { kind }, abstains: missing };

  const isBinary = labelled.every((unit) => [0, 1].includes(table.target.values[unit]));
  const labels = isBinary
    ? table.target.values
    : table.target.values.map((value) => normalised(value, target));
  const at = table.at;
  const [first] = heldOutUnits(
    labelled.length,
    at && Float64Array.from(labelled, (unit) => at[unit]),
    seed,
  );
  const isHeldOut = new Set(first);
  const train = labelled.filter((_, i) => !isHeldOut.has(i));
  const heldOut = first.map((i) => labelled[i]);
  const design = unitDesign(table, labelled);
  const leak = leakProblem(design, table.target.name, [first]);
  if (leak !== undefined)
    return { ...shared, weights: equalShares(metrics), model: { kind }, abstains: leak };
  const features = encodeUnits({ ...table, context: contextOf(table) }, crosses, train);
  const learn = async (units: Uint32Array, trees: number, own: number, among = features) =>
    fitUnitTrees(
      unitCodes(among, units),
      Float64Array.from(units, (unit) => labels[unit]),
      { model: kind, isBinary, trees, seed: own, device },
    );
  const whole = await learn(train, TREES, seed);
  const input = { features, metrics, heldOut, labels, seed };
  const raw = unitImportance(by, { ...input, model: whole, explained: EXPLAINED });
  const shares = withShares(raw).map(({ share }) => share);
  const context = features.filter((feature) => feature.metrics.length === 0);
  const baseline =
    context.length === 0
      ? new Float64Array(heldOut.length).fill(normaliserOf(labels, train).mean)
      : (await learn(train, TREES, seed, context)).predict(unitCodes(context, heldOut));
  const predictions = whole.predict(unitCodes(features, heldOut));
  const skill = skillOf({
    values: Float64Array.from(heldOut, (unit) => labels[unit]),
    baseline,
    predictions,
    scores: predictions.map((value, i) => value - baseline[i]),
    equalScores: equalScoresOf(design, table, first),
  });
  const noSkill =
    lackOfSkill(skill, 'units') ??
    (shares.every((share) => share === 0) ? 'the model uses no metric' : undefined);
  const resampled = async (resample: number, random: () => number) => {
    const drawn = train.map(() => train[Math.floor(random() * train.length)]).toSorted();
    const model = await learn(drawn, FEWER_TREES, seed + resample);
    const own = unitImportance(by, { ...input, model, explained: FEWER_EXPLAINED });
    return Float64Array.from(withShares(own), ({ share }) => share);
  };
  return {
    ...shared,
    weights:
      noSkill === undefined
        ? await withBootstrapIntervals(metrics, shares, resampled, seed)
        : equalShares(metrics),
    model: {
      kind,
      trees: whole.trees.length,
      features: features.map(({ name }) => name),
      loss: kind === 'boosted' && isBinary ? 'logistic' : 'squared',
      device:
        kind === 'boosted' ? (device?.because ?? 'learning on the CPU') : 'learning on the CPU',
      target,
    },
    ...(skill && { skill }),
    ...(noSkill !== undefined && { abstains: noSkill }),
  };
}

/** The shares with their bootstrap intervals. */
async function withBootstrapIntervals(
  metrics: readonly string[],
  shares: readonly number[],
  resampled: (resample: number, random: () => number) => Promise<Float64Array>,
  seed: number,
): Promise<MetricWeight[]> {
  const random = seededRandom(seed);
  const draws: Float64Array[] = [];
  for (let resample = 1; resample <= RESAMPLES; resample++)
    draws.push(await resampled(resample, random));
  const covariance = bootstrapCovariance(draws, draws.length);
  const quantile = studentQuantile(0.975, draws.length - 1);
  return metrics.map((metric, i) => {
    const half = quantile * Math.sqrt(covariance[i * metrics.length + i]);
    const weight = shares[i];
    return { metric, weight, low: Math.max(0, weight - half), high: Math.min(1, weight + half) };
  });
}

/** Equal shares with intervals of 0..1, for when nothing is known about the metrics. */
const equalShares = (metrics: readonly string[]): MetricWeight[] =>
  metrics.map((metric) => ({ metric, weight: 1 / metrics.length, low: 0, high: 1 }));

/** Scores of the held-out rows of the design by equal weights of what context does not foretell of the metrics. */
function equalScoresOf(
  design: UnitDesign,
  { metrics }: UnitTable,
  heldOut: Uint32Array,
): Float64Array {
  const better = Object.fromEntries(metrics.map((one) => [one.name, one.better]));
  const equal = equalWeights(design.metrics, better);
  const all = Uint32Array.from(design.rows, (_, row) => row);
  const train = gramWithout(design, gram(design.columns, all), heldOut);
  const foretold = foretoldByContext(design, train, heldOut);
  return Float64Array.from(heldOut, (row, i) =>
    dot(
      equal,
      design.metrics.map((_, j) => design.columns[design.contextColumns + j][row] - foretold[j][i]),
    ),
  );
}
