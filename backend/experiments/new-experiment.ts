import { randomUUID } from 'node:crypto';
import { and, eq, ne } from 'drizzle-orm';
import { invalidAt, partAt } from '../../shared/domain/errors.ts';
import type { ExperimentArm, GuardrailSpec } from '../../shared/domain/experiment.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { pointerAt } from '../../shared/domain/pointer-at.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import { DEFAULT_METRICS, type MetricDefinition } from '../../shared/domain/metric.ts';
import { checkLayer } from '../../shared/domain/layer.ts';
import type { Store } from '../store/open.ts';
import { experiments } from '../store/tables.ts';
import { MINIMUM_PER_ARM } from '../science/statistics/unavailable.ts';
import { changesVersion, checkArms, NAME } from './check-arms.ts';
import { placingOf } from './experiment-placements.ts';
import { checkGuardrails, experimentMetrics } from './experiment-metrics.ts';
import {
  DEFAULT_LAYERS,
  ensureLayer,
  OWN_LAYER_RANK,
  readLayer,
  ROLLOUT_LAYER,
  type LayerRow,
} from './layers.ts';
import { rampOf, type AskedStep, type Ramp } from './ramp.ts';
import { firstFree, rounded, type Range } from './ranges.ts';

export type Experiment = typeof experiments.$inferSelect;

export interface NewExperiment {
  readonly name: string;
  /** Made if it is new, counting by `unit`. Default `weights`, or `exploration` where no version is compared. */
  readonly layer?: string;
  readonly unit?: 'user' | 'session';
  /** Share of the layer's units that take part, above 0. Default: all of the range, and without one all there are. */
  readonly traffic?: number;
  /** Which units of the layer are its own. Default: the first free ones, as many as the traffic. */
  readonly range?: Range;
  /** The control first. */
  readonly arms: readonly ExperimentArm[];
  readonly design?: 'split' | 'interleaved';
  readonly trigger?: 'ranked' | 'slate differs';
  /** Default: all of `DEFAULT_METRICS`. */
  readonly metrics?: readonly (string | MetricDefinition)[];
  readonly guardrails?: readonly GuardrailSpec[];
  readonly minimumPerArm?: number;
  readonly aa?: boolean;
  /** Instead of traffic: the shares that take part one after the other. */
  readonly ramp?: readonly AskedStep[];
  /** Whose rankings may enter it; default: all that have no lineage of their own. */
  readonly placements?: readonly string[];
}

/**
 * A draft of what was asked, with a range of its layer to itself.
 * @param metrics those that the configuration declares. @param layerAt the layer of a placement's experiments, where it names one.
 * @throws ApiError 400 naming what is wrong, 404 for an unknown version, 409 where the layer is full.
 */
export async function draftOf(
  store: Store,
  asked: NewExperiment,
  pointer: Pointer | undefined,
  nowMs: number,
  {
    metrics: ownMetrics = [],
    layerAt,
  }: {
    readonly metrics?: readonly MetricDefinition[];
    readonly layerAt?: (placement: string) => string | undefined;
  } = {},
): Promise<Experiment> {
  const { arms, design = 'split', trigger = 'ranked', aa = false } = asked;
  const placing = partAt('placements', () => placingOf(asked.placements, pointer));
  const { lineage } = placing;
  const own = pointer && pointerAt(pointer, lineage ?? undefined);
  const champion = own?.champion ?? RULES_VERSION;
  await checkArms(store, { arms, design, aa }, champion);
  const metrics = partAt('metrics', () =>
    experimentMetrics(asked.metrics ?? DEFAULT_METRICS, ownMetrics),
  );
  const guardrails = [...(asked.guardrails ?? [])];
  checkGuardrails(guardrails, metrics);
  const minimumPerArm = asked.minimumPerArm ?? MINIMUM_PER_ARM;
  if (!(Number.isInteger(minimumPerArm) && minimumPerArm >= 2))
    throw invalidAt(
      'minimumPerArm',
      `minimumPerArm must be a whole number from 2 (1,000 unless asked), but was ${minimumPerArm}`,
    );
  const ramp = asked.ramp && rampOf(asked.ramp);
  if (ramp !== undefined && asked.traffic !== undefined)
    throw invalidAt(
      'traffic',
      'an experiment with a ramp starts with its first step: leave out traffic',
    );
  const placedLayer = asked.layer ?? (lineage === null ? undefined : layerAt?.(lineage));
  const layer = await layerOf(
    store,
    { ...asked, ...(placedLayer && { layer: placedLayer }) },
    nowMs,
  );
  const others = await claimsOf(store, layer.name);
  const id = `exp_${randomUUID()}`;
  const experiment: Experiment = {
    id,
    name: asked.name,
    kind: 'experiment',
    layer: layer.name,
    // Not the id, which every ranking tells: by the salt anybody could choose a session id for the arm of their choice.
    salt: `salt_${randomUUID()}`,
    ...(ramp === undefined ? placeIn(layer, others, asked) : rampPlace(layer, others, asked, ramp)),
    // An A/A test serves a version of its own in each arm, or nobody would be exposed to it.
    arms: aa ? arms.map((arm) => ({ ...arm, version: arm.version ?? champion })) : [...arms],
    design,
    trigger,
    metrics,
    guardrails,
    minimumPerArm,
    metricWeightsId: null,
    status: 'draft',
    createdAt: nowMs,
    startedAt: null,
    stoppedAt: null,
    ramp: ramp ?? null,
    ...placing,
  };
  checkLayer({ ...layer, experiments: [...others, experiment].map(asAssigned) });
  return experiment;
}

export const rangeOf = ({ rangeFrom, rangeTo }: Experiment): Range => [rangeFrom, rangeTo];

/** The share of the layer's units that take part. */
export const shareOf = ({ rangeFrom, rangeTo, traffic }: Experiment): number =>
  Number(((rangeTo - rangeFrom) * traffic).toFixed(9));

/** What assignment needs of a row. */
export const asAssigned = (row: Experiment) => ({
  id: row.id,
  salt: row.salt,
  status: row.status,
  range: rangeOf(row),
  traffic: row.traffic,
  arms: row.arms,
});

/** Experiments of a layer that own a part of it. */
export const claimsOf = (store: Store, layer: string): Promise<Experiment[]> =>
  store.db
    .select()
    .from(experiments)
    .where(and(eq(experiments.layer, layer), ne(experiments.status, 'stopped')));

async function layerOf(store: Store, asked: NewExperiment, nowMs: number): Promise<LayerRow> {
  const name =
    asked.layer ??
    (changesVersion({ arms: asked.arms, aa: asked.aa ?? false }) ? 'weights' : 'exploration');
  if (!NAME.test(name))
    throw invalidAt(
      'layer',
      `a layer's name is 1 to 40 lower-case letters, digits and -, not "${name}"`,
    );
  if (name === ROLLOUT_LAYER)
    throw invalidAt(
      'layer',
      `layer ${name} belongs to the rollouts: name another, or leave it out`,
    );
  const byDefault = DEFAULT_LAYERS.find((layer) => layer.name === name);
  const known = (await readLayer(store, name)) ?? byDefault;
  const unit = asked.unit ?? known?.unit;
  if (unit === undefined)
    throw invalidAt(
      'unit',
      `layer ${name} is new: say whether it counts by user or by session (unit; --unit)`,
    );
  return ensureLayer(store, { name, unit, rank: known?.rank ?? OWN_LAYER_RANK }, nowMs);
}

/** The range of the last step is its own from the start, so that no other experiment can be in the way of a step. */
function rampPlace(
  layer: LayerRow,
  others: readonly Experiment[],
  asked: NewExperiment,
  { steps }: Ramp,
) {
  const most = steps.at(-1)!.traffic;
  const place = placeIn(layer, others, { ...asked, traffic: most });
  return { ...place, traffic: steps[0].traffic / (place.rangeTo - place.rangeFrom) };
}

function placeIn(
  { name }: LayerRow,
  others: readonly Experiment[],
  { traffic, range }: NewExperiment,
) {
  if (range !== undefined && !(range[0] >= 0 && range[0] < range[1] && range[1] <= 1))
    throw invalidAt('range', `range must be 0 ≤ from < to ≤ 1, but was ${range.join('–')}`);
  const most = range === undefined ? 1 : range[1] - range[0];
  const share = traffic ?? most;
  if (!(share > 0 && share <= 1))
    throw invalidAt('traffic', `traffic must be a share above 0, at most 1, but was ${share}`);
  if (share > most + 1e-9)
    throw invalidAt('traffic', `traffic ${share} does not fit into the range ${range!.join('–')}`);
  const [from, to] = range
    ? rounded(range)
    : partAt('traffic', () => firstFree(others.map(rangeOf), share, name));
  return { rangeFrom: from, rangeTo: to, traffic: range ? Math.min(1, share / most) : 1 };
}
