import type { ServedLayer } from './experiment.ts';
import type { Version } from './ids.ts';
import { lineageAt } from './lineage.ts';
import { isPlacement, type Placement } from './placement.ts';
import type { Pointer } from './pointer.ts';
import { CHAMPION_ARM } from './weight-delta.ts';

/**
 * What a pointer says of one lineage, in the form of a pointer: whoever serves or reads the default lineage does the same with it.
 * @param placement with a lineage of its own; undefined: the default lineage.
 * @returns undefined where the placement has none of its own.
 */
export function pointerAt(pointer: Pointer, placement: string | undefined): Pointer | undefined {
  if (placement === undefined) return pointer;
  const lineage = lineageAt(pointer.placements, placement);
  if (lineage === undefined || !isPlacement(placement)) return undefined;
  const { apprentice, slateRules, revision } = pointer;
  return {
    ...lineage,
    placement,
    ...(apprentice && { apprentice }),
    ...(slateRules && { slateRules }),
    ...(revision !== undefined && { revision }),
  };
}

/** The placements with a lineage of their own, in the order of the pointer. */
export const placementsOf = ({ placements = {} }: Pick<Pointer, 'placements'>): Placement[] =>
  Object.keys(placements).filter(isPlacement);

/** The layers with those of their experiments that a ranking of the placement may enter; the same list where all of them may. */
export function layersAt(
  layers: readonly ServedLayer[],
  placement: string,
): readonly ServedLayer[] {
  const enters = ({ placements }: ServedLayer['experiments'][number]) =>
    placements === undefined || placements.includes(placement);
  if (layers.every(({ experiments }) => experiments.every(enters))) return layers;
  return layers.map((layer) => ({ ...layer, experiments: layer.experiments.filter(enters) }));
}

/** The name that stands for the champion of a placement where an arm key is expected; keys of arms have a colon. */
export const championArmOf = (placement: string | undefined): string =>
  placement === undefined ? CHAMPION_ARM : `${CHAMPION_ARM}.${placement}`;

/** The version that a pointer names for an arm or a champion, and whether its lineage is held; undefined where it names none. */
export function armOf(
  { champion, arms = {}, hold, placements = {} }: Pointer,
  arm: string,
): { readonly version: Version; readonly hold: boolean } | undefined {
  const lineages = [
    { placement: undefined, champion, arms, hold },
    ...Object.entries(placements).map(([placement, one]) => ({ placement, ...one })),
  ];
  for (const one of lineages) {
    const isChampion = championArmOf(one.placement) === arm;
    const own = one.arms !== undefined && Object.hasOwn(one.arms, arm) ? one.arms[arm] : undefined;
    const version = isChampion ? one.champion : own;
    if (version !== undefined) return { version, hold: one.hold === true };
  }
  return undefined;
}
