import { armKey, type Exposure, type ServedExperiment } from '../domain/experiment.ts';
import type { Version } from '../domain/ids.ts';
import type { Pointer } from '../domain/pointer.ts';
import type { ExplorationSpec } from '../domain/exploration.ts';
import { assign, type Visitor } from './assign.ts';

/** What a visitor is served with, given the arms that the visitor is in. */
export interface Served {
  /** Key of the arm whose version is served; absent: the champion's. */
  readonly arm?: string;
  readonly version: Version;
  /** Absent: the exploration of the scorer itself. */
  readonly exploration?: ExplorationSpec;
  /**
   * Only for an interleaving experiment: both its arms in order,
   * with key (absent: the champion's weights) and version.
   */
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
   * The experiments that the visitor takes part in, in the order of the layers. For an interleaving experiment the
   * assigned arm is given, although every arm is served the same slates.
   */
  readonly exposures: readonly Exposure[];
}

type Parameter = 'version' | 'exploration';

/**
 * Resolves which arms serve a visitor, layer by layer. An experiment claims the parameters that it changes (version,
 * exploration) for everybody who takes part, its control included. A later experiment that would change a claimed
 * parameter is skipped for this visitor and not exposed, because its arms could not differ. Skipping does not depend
 * on the arm in the later experiment, so it introduces no bias.
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

/** What the visitor would be served with in each other arm of one experiment, all else being equal. */
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

/** The experiment with this id; ids are unique across the layers of a pointer. */
export const experimentOf = (id: string, { layers = [] }: Pointer): ServedExperiment =>
  layers.flatMap(({ experiments }) => experiments).find((experiment) => experiment.id === id)!;

/** No two of these experiments change the same parameter, so their order does not matter. */
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

/** The parameters that at least one arm changes. */
function parametersOf({ id, arms, design }: ServedExperiment, pointer: Pointer): Parameter[] {
  const isVersioned = arms.some(({ name }) => pointer.arms?.[armKey(id, name)] !== undefined);
  // Each team of an interleaved slate draws by the exploration of its own version.
  if (design === 'interleaved') return isVersioned ? ['version', 'exploration'] : [];
  return [
    ...(isVersioned ? ['version' as const] : []),
    ...(arms.some(({ exploration }) => exploration !== undefined) ? ['exploration' as const] : []),
  ];
}
