import { lineageOf, type Lineage, type Lineages } from '../../shared/domain/lineage.ts';
import type { Version } from '../../shared/domain/ids.ts';
import { placementsOf, pointerAt } from '../../shared/domain/pointer-at.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';

/** Who is in which arm of what, what is scored in shadow, and what else a pointer says besides its champions. */
export interface Traffic extends Pick<
  Pointer,
  'arms' | 'layers' | 'placedLayers' | 'shadow' | 'apprentice' | 'slateRules'
> {
  /** Of placements with a lineage of their own. */
  readonly placements?: Readonly<Record<string, Pick<Lineage, 'arms' | 'layers' | 'shadow'>>>;
}

/** What makes a lineage what it is, whatever its traffic. */
export type LineageState = Pick<Lineage, 'champion' | 'hold' | 'by' | 'at'>;

/** Whose order is shown, and what operators ask of slates, are no part of what a hold stops. */
const keptOnHold = ({ apprentice, slateRules }: Traffic) => ({
  ...(apprentice && { apprentice }),
  ...(slateRules && { slateRules }),
});

/**
 * A pointer with the traffic of now.
 * @param own of the default lineage. @param placements what is live at placements with a lineage of their own; one on hold has no traffic.
 */
export function composePointer(
  { champion, hold, by }: LineageState,
  placements: Lineages | undefined,
  { placements: placed = {}, ...traffic }: Traffic,
): Pointer {
  const lineages = Object.entries(placements ?? {}).map(([placement, one]) => {
    const { champion: own, by: promotedBy, at } = one;
    const state = { champion: own, by: promotedBy, at } as LineageState;
    const isHeld = one.hold === true;
    const now = isHeld || !Object.hasOwn(placed, placement) ? {} : placed[placement];
    return [placement, lineageOf({ ...state, ...now, ...(isHeld && { hold: true }) })] as const;
  });
  return {
    champion,
    ...(hold === true ? keptOnHold(traffic) : traffic),
    ...(lineages.length > 0 && { placements: Object.fromEntries(lineages) }),
    ...(hold === true && { hold }),
    ...(by !== undefined && { by }),
  };
}

/** The same lineages but for one. @param placement undefined: the default lineage is another matter. */
export const withLineage = (
  placements: Lineages | undefined,
  placement: string,
  state: LineageState | undefined,
): Lineages => {
  const { [placement]: _, ...others } = placements ?? {};
  // Sorted, as pointers are compared as text.
  const all = state === undefined ? others : { ...others, [placement]: state };
  return Object.fromEntries(Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1)));
};

/**
 * What every placement with a lineage of its own has once somebody wrote a pointer by hand: what that names, else its champion, as edges then
 * serve that everywhere. All of them are held until each is released.
 */
export function heldByHand(
  seen: Pointer | undefined,
  before: Pointer,
): Pick<Pointer, 'placements'> {
  const placements = [...new Set([before, ...(seen ? [seen] : [])].flatMap(placementsOf))];
  if (placements.length === 0) return {};
  const held = placements.toSorted().map((placement) => {
    const now = seen === undefined ? pointerAt(before, placement) : pointerAt(seen, placement);
    const champion: Version = now?.champion ?? seen?.champion ?? before.champion;
    const { by, at } = now ?? {};
    return [
      placement,
      lineageOf({
        champion,
        hold: true,
        ...(by !== undefined && { by }),
        ...(at !== undefined && { at }),
      }),
    ] as const;
  });
  return { placements: Object.fromEntries(held) };
}
