import { championArmOf, placementsOf, pointerAt } from '../../shared/domain/pointer-at.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import type { Env } from '../platform/env.ts';
import type { Settings } from '../platform/settings.ts';
import { armWeights } from './arm-weights.ts';
import { experimentStateInMemory, loadExperimentState } from './experiment-state.ts';
import type { CachedWeights, LineageWeights } from './cached-weights.ts';

interface Sources {
  readonly env: Env;
  readonly settings: Settings;
  readonly cell: string;
}

/**
 * The weights that a placement is ranked with: those of its own lineage, or of the default one.
 * @returns them with the problem of all, where it is not confirmed which weights are live.
 */
export function weightsAt(weights: CachedWeights, placement: string): CachedWeights {
  const own = weights.lineages?.get(placement);
  if (own === undefined) return weights;
  const { problem } = weights;
  return problem === undefined || own.problem !== undefined ? own : { ...own, problem };
}

/**
 * The weights of all lineages beside the default one, each from the first source that has them: LiveWeights, memory, KV.
 * One that no source has is ranked for by what the placement had before, else by the default lineage, and as degraded. Never rejects.
 * @param weights of the default lineage, without those of others. @returns undefined where there are none.
 */
export async function lineageWeights(
  sources: Sources,
  weights: CachedWeights,
  previous: LineageWeights | undefined,
): Promise<LineageWeights | undefined> {
  const { pointer } = weights;
  if (pointer?.placements === undefined) return undefined;
  const loads = placementsOf(pointer).map(async (placement) => {
    const own = pointerAt(pointer, placement)!;
    const before = previous?.get(placement);
    return [placement, await weightsOf(sources, own, weights, before)] as const;
  });
  return new Map(await Promise.all(loads));
}

async function weightsOf(
  sources: Sources,
  pointer: Pointer,
  fallback: CachedWeights,
  before: CachedWeights | undefined,
): Promise<CachedWeights> {
  const key = championArmOf(pointer.placement);
  // What was served as degraded may be another version's weights.
  const known = before?.problem === undefined ? before : undefined;
  const arms = new Map(known && [[key, known]]);
  try {
    const loaded = await armWeights(
      { ...sources, previous: { arms } },
      key,
      pointer.champion,
      fallback,
    );
    const { scorer, delta, tag, heldOut, exposure } = loaded;
    const weights: CachedWeights = {
      scorer,
      delta,
      ...(tag !== undefined && { tag }),
      ...(heldOut && { heldOut }),
      ...(exposure && { exposure }),
      pointer,
    };
    if (pointer.hold === true) return weights;
    const experiments = experimentStateInMemory(before?.experiments, weights, pointer);
    return { ...weights, experiments };
  } catch (error) {
    const problem = `placement ${pointer.placement} is not ranked by its own ${pointer.champion}: ${messageOf(error)}`;
    const { experiments: _, ...served } = before ?? fallback;
    return { ...served, problem };
  }
}

/** The weights of the arms and of what is in shadow at those placements. Never rejects. @returns a patch of what is served there by then. */
export async function loadLineageExperiments(
  sources: Sources,
  lineages: LineageWeights,
): Promise<(current: LineageWeights) => LineageWeights> {
  const loaded = new Map<CachedWeights, CachedWeights>();
  await Promise.all(
    [...lineages.values()].map(async (weights) => {
      const { pointer, experiments, problem } = weights;
      if (pointer === undefined || experiments === undefined || problem !== undefined) return;
      const state = { ...sources, previous: experiments };
      loaded.set(weights, {
        ...weights,
        experiments: await loadExperimentState(state, weights, pointer),
      });
    }),
  );
  return (current) =>
    new Map([...current].map(([placement, one]) => [placement, loaded.get(one) ?? one] as const));
}
