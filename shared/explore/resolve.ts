import { armKey, type Exposure, type ServedExperiment } from '../domain/experiment.ts';
import type { Version } from '../domain/ids.ts';
import type { Pointer } from '../domain/pointer.ts';
import type { ExplorationSpec } from '../features/schema.ts';
import { assign, type Visitor } from './assign.ts';

/** What serves those who are in the same arms. */
export interface Served {
  /** Names the LiveWeights object and the version: an arm's, or absent for the champion. */
  readonly arm?: string;
  readonly version: Version;
  /** In place of the scorer's own. */
  readonly exploration?: ExplorationSpec;
  /** Both arms of the experiment that interleaves, in order: each arm's key (absent: the champion) and version. */
  readonly interleaved?: {
    readonly experiment: string;
    readonly arms: readonly {
      readonly name: string;
      readonly key?: string;
      readonly version: Version;
    }[];
  };
}

export interface Resolved extends Served {
  /**
   * The experiments whose arm could matter to the visitor, in the layers' order. Of one that interleaves the arm is the
   * assigned one, though both arms are served alike: it tells nothing of what was shown.
   */
  readonly exposures: readonly Exposure[];
}

type Parameter = 'version' | 'exploration';

/**
 * Goes through the layers in order. What an experiment changes (a version, the exploration) it claims for all who take
 * part in it, its control included; a later experiment that would change the same is passed over and not exposed, for
 * its arms could not differ. Who is passed over does not depend on the later experiment's own arms, so no bias comes in.
 */
export function resolve(pointer: Pointer, visitor: Visitor): Resolved {
  const claimed = new Set<Parameter>();
  const exposures: Exposure[] = [];
  for (const layer of pointer.layers ?? []) {
    const assigned = assign(layer, visitor);
    if (!('arm' in assigned)) continue;
    const experiment = layer.experiments.find(({ id }) => id === assigned.experiment)!;
    const changes = parametersOf(experiment, pointer);
    if (changes.length === 0 || changes.some((parameter) => claimed.has(parameter))) continue;
    for (const parameter of changes) claimed.add(parameter);
    exposures.push(assigned);
  }
  return { ...servedTo(exposures, pointer), exposures };
}

/** What would serve the visitor in each other arm of one of its experiments, all else equal. */
export function otherArms(
  { exposures }: Resolved,
  { id, arms }: ServedExperiment,
  pointer: Pointer,
): Served[] {
  const at = exposures.findIndex(({ experiment }) => experiment === id);
  return arms
    .filter(({ name }) => name !== exposures[at].arm)
    .map(({ name }) => servedTo(exposures.with(at, { experiment: id, arm: name }), pointer));
}

/** The experiment of a pointer's layers; ids are unique among them. */
export const experimentOf = (id: string, { layers = [] }: Pointer): ServedExperiment =>
  layers.flatMap(({ experiments }) => experiments).find((experiment) => experiment.id === id)!;

/** No two of the experiments change the same, so their order does not matter. */
function servedTo(exposures: readonly Exposure[], pointer: Pointer): Served {
  const parts = exposures.map(({ experiment, arm }) =>
    changesOf(experimentOf(experiment, pointer), arm, pointer),
  );
  return Object.assign({ version: pointer.champion }, ...parts) as Served;
}

function changesOf({ id, arms, design }: ServedExperiment, arm: string, pointer: Pointer) {
  if (design === 'interleaved') {
    const both = arms.map(({ name }) => {
      const key = armKey(id, name);
      const version = pointer.arms?.[key];
      return { name, version: version ?? pointer.champion, ...(version && { key }) };
    });
    return { interleaved: { experiment: id, arms: both } };
  }
  const key = armKey(id, arm);
  const version = pointer.arms?.[key];
  const exploration = arms.find(({ name }) => name === arm)?.exploration;
  return { ...(version && { arm: key, version }), ...(exploration && { exploration }) };
}

/** What at least one arm serves in another way than the champion would. */
function parametersOf({ id, arms, design }: ServedExperiment, pointer: Pointer): Parameter[] {
  const isVersioned = arms.some(({ name }) => pointer.arms?.[armKey(id, name)] !== undefined);
  // A drafted slate has no exploration of its own: the draft is the chance in it.
  if (design === 'interleaved') return isVersioned ? ['version', 'exploration'] : [];
  return [
    ...(isVersioned ? ['version' as const] : []),
    ...(arms.some(({ exploration }) => exploration !== undefined) ? ['exploration' as const] : []),
  ];
}
