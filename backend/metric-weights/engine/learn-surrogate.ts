import { invalid } from '../../../shared/domain/errors.ts';
import { withIntervals } from './draws.ts';
import { effectsTable } from './experiment-effects.ts';
import { experimentSkill, experimentWeights, leaveOneOut } from './experiment-weights.ts';
import { heldOutUnits } from './held-out-units.ts';
import type { Skill, SurrogateWeights } from './learned-weights.ts';
import { equalWeights, priorOf, type Better } from './prior.ts';
import type { Prior } from './shrink.ts';
import { unitDesign } from './unit-design.ts';
import type { PastExperiment, UnitTable } from './unit-table.ts';
import { unitSkill, unitWeights } from './unit-weights.ts';

/** With fewer, nothing is learned: labelled units; experiments, however many treatments each has. */
export const MINIMUM_UNITS = 1000;
export const MINIMUM_EXPERIMENTS = 20;

export interface SurrogateOptions {
  readonly seed: number;
  /** What weights are shrunk to. Default: equal weights, each in the direction that is better. */
  readonly prior?: Readonly<Record<string, number>>;
  /** Of metrics, where there is no table to say so. Default: higher. */
  readonly better?: Readonly<Record<string, Better>>;
  /** What experiments call the long-term value, where there is no table to name it. */
  readonly target?: string;
}

/** What one kind of data came to: weights with their skill, or why none. */
interface Stage {
  readonly weights: Float64Array;
  readonly covariance: Float64Array;
  readonly shrinkage: number;
  readonly spread: number;
  readonly skill: Skill;
  readonly clusters: number;
  readonly about: Readonly<Record<string, unknown>>;
}

/** `tried` where there were data enough, but they foretold nothing. */
type Tried = Stage | { readonly refused: string; readonly skill?: Skill };

/**
 * Signed weights on the metrics' normalised effects, from units, from past experiments, or from both: what units say is
 * then the prior of what experiments say, at a distance told from the data. Either counts only where its skill on what
 * was held out lies above 0 with 95 % confidence; where neither does, the declared prior is all there is.
 * @throws ApiError without metrics or data.
 */
export async function learnSurrogate(
  table: UnitTable | undefined,
  experiments: readonly PastExperiment[],
  { seed, prior: declared, better: given, target }: SurrogateOptions,
): Promise<SurrogateWeights> {
  const metrics = metricsOf(table, experiments);
  const better =
    given ?? Object.fromEntries((table?.metrics ?? []).map((one) => [one.name, one.better]));
  const mean = priorOf(metrics, better, declared);
  const equal = equalWeights(metrics, better);
  const size = metrics.length;
  const none = new Float64Array(size * size);
  const design = table && unitDesign(table);
  const byUnits = learnUnits(table, design, { mean, covariance: none }, equal, metrics, seed);
  const start = 'refused' in byUnits ? { mean, covariance: none } : priorFrom(byUnits);
  const byExperiments = learnExperiments(experiments, start, equal, metrics, seed);
  const used = 'refused' in byExperiments ? byUnits : byExperiments;
  const isPooled = !('refused' in byUnits) && !('refused' in byExperiments);
  const labelled = design?.rows.length ?? 0;
  const shared = {
    method: 'surrogate',
    target: table?.target.name ?? target ?? 'long-term value',
    units: labelled,
    experiments: new Set(experiments.map(({ id }) => id)).size,
    normalisers:
      design?.normalisers ??
      Object.fromEntries(metrics.map((metric) => [metric, { mean: 0, deviation: 1 }])),
    prior: Object.fromEntries(metrics.map((metric, i) => [metric, mean[i]])),
    seed,
  } as const;
  const refusals = [byUnits, byExperiments].flatMap((stage) =>
    'refused' in stage ? [stage.refused] : [],
  );
  const model = {
    index: 'linear in the normalised metrics, context partialled out',
    ...(design && {
      target: design.target,
      constant: metrics.filter((metric) => !design.metrics.includes(metric)),
    }),
  };
  if ('refused' in used) {
    const skill = byExperiments.skill ?? byUnits.skill;
    return {
      ...shared,
      weights: withIntervals(metrics, mean, none, 2),
      covariance: Array.from(none),
      shrinkage: 1,
      ...(skill && { skill }),
      model,
      abstains: refusals.join('; '),
    };
  }
  const shrinkage = isPooled ? byUnits.shrinkage * byExperiments.shrinkage : used.shrinkage;
  return {
    ...shared,
    weights: withIntervals(metrics, used.weights, used.covariance, used.clusters),
    covariance: Array.from(used.covariance),
    shrinkage,
    skill: used.skill,
    model: {
      ...model,
      from: isPooled ? 'units and experiments' : used === byUnits ? 'units' : 'experiments',
      ...used.about,
      ...(refusals.length > 0 && { notUsed: refusals }),
    },
  };
}

const priorFrom = ({ weights, covariance }: Stage): Prior => ({ mean: weights, covariance });

function learnUnits(
  table: UnitTable | undefined,
  design: ReturnType<typeof unitDesign> | undefined,
  prior: Prior,
  equal: Float64Array,
  metrics: readonly string[],
  seed: number,
): Tried {
  if (table === undefined || design === undefined) return { refused: 'there are no units' };
  const { rows } = design;
  if (rows.length < MINIMUM_UNITS)
    return {
      refused: `too few units: ${count(rows.length)} of ${count(MINIMUM_UNITS)} whose ${table.target.name} is known`,
    };
  if (design.target.deviation === 0)
    return { refused: `${table.target.name} is the same for all units: nothing can be foretold` };
  if (design.metrics.length === 0) return { refused: 'no metric differs from unit to unit' };
  const places = design.metrics.map((metric) => metrics.indexOf(metric));
  const own: Prior = {
    mean: Float64Array.from(places, (place) => prior.mean[place]),
    covariance: new Float64Array(places.length ** 2),
  };
  const at = table.at;
  const folds = heldOutUnits(rows.length, at && Float64Array.from(rows, (row) => at[row]), seed);
  const skill = unitSkill(
    design,
    own,
    Float64Array.from(places, (place) => equal[place]),
    folds,
  );
  const refused = withoutSkill(skill, 'units');
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
    spread: found.spread,
    skill,
    clusters: rows.length,
    about: {
      heldOut:
        folds.length === 1 ? 'the latest quarter of the units' : `${folds.length} seeded folds`,
      priorSpread: Math.sqrt(found.spread),
    },
  };
}

function learnExperiments(
  experiments: readonly PastExperiment[],
  prior: Prior,
  equal: Float64Array,
  metrics: readonly string[],
  seed: number,
): Tried {
  if (experiments.length === 0) return { refused: 'there are no past experiments' };
  const effects = effectsTable(experiments, metrics);
  if (effects.clusters < MINIMUM_EXPERIMENTS)
    return {
      refused: `too few past experiments: ${effects.clusters} of ${MINIMUM_EXPERIMENTS} with every metric`,
    };
  const found = experimentWeights(effects, prior, seed);
  const skill = experimentSkill(effects, leaveOneOut(effects, prior, found), equal);
  const refused = withoutSkill(skill, 'experiments');
  if (skill === undefined || refused !== undefined)
    return { refused: refused!, ...(skill && { skill }) };
  return {
    weights: found.weights,
    covariance: found.covariance,
    shrinkage: found.shrinkage,
    spread: found.spread,
    skill,
    clusters: effects.clusters,
    about: {
      heldOut: 'each experiment in turn',
      treatments: effects.effects.length,
      priorSpread: Math.sqrt(found.spread),
      unexplained: Math.sqrt(found.rest),
      ...(effects.leftOut > 0 && { leftOut: effects.leftOut }),
    },
  };
}

function withoutSkill(skill: Skill | undefined, what: string): string | undefined {
  if (skill === undefined) return `the held-out ${what} are all alike`;
  if (skill.r2.low > 0) return undefined;
  return `no skill on held-out ${what}: r² ${skill.r2.mean.toFixed(3)} (${skill.r2.low.toFixed(3)} to ${skill.r2.high.toFixed(3)})`;
}

function metricsOf(table: UnitTable | undefined, experiments: readonly PastExperiment[]): string[] {
  const names =
    table?.metrics.map(({ name }) => name) ?? Object.keys(experiments[0]?.effects ?? {});
  if (names.length === 0)
    throw invalid('there is nothing to learn from: give units with metrics, or past experiments');
  return names;
}

const count = (n: number): string => n.toLocaleString('en');
