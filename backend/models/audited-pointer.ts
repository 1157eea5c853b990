import type { Pointer } from '../../shared/domain/pointer.ts';
import { placementsOf, pointerAt } from '../../shared/domain/pointer-at.ts';

/**
 * What the audit log says of a pointer that went live. Experiments may make its text long, so that it is cut off; where the subject of a
 * move does not say all of its champions, they stand beside it.
 * @param most characters of the text. @param placement of which the move is; undefined: of the default lineage.
 */
export function auditedPointer(
  pointer: Pointer,
  text: string,
  most: number,
  placement?: string,
): Record<string, unknown> {
  const placed = placementsOf(pointer).map((one) => [one, pointerAt(pointer, one)!.champion]);
  return {
    text: text.slice(0, most),
    ...((placed.length > 0 || placement !== undefined) && {
      champion: pointer.champion,
      placements: Object.fromEntries(placed),
    }),
    ...(placement !== undefined && { placement }),
  };
}
