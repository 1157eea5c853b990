import { ApiError } from '../../shared/domain/errors.ts';
import { pointerAt } from '../../shared/domain/pointer-at.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';

/** Of a move, a rollout, an experiment or a training that names a placement which the default lineage ranks. */
export const noLineage = (placement: string): ApiError =>
  new ApiError(
    404,
    'no_lineage',
    `placement ${placement.slice(0, 64)} has no lineage of its own: it is ranked by the default one, unless "placements" of trimtab.config.ts names it`,
  );

/**
 * What a pointer says of the lineage that somebody asks for. @param placement undefined: the default lineage.
 * @returns undefined where nothing is live at all, and the default lineage is asked for. @throws ApiError 404 `no_lineage`.
 */
export function lineageAskedFor(pointer: Pointer, placement: string | undefined): Pointer;
export function lineageAskedFor(
  pointer: Pointer | undefined,
  placement: string | undefined,
): Pointer | undefined;
export function lineageAskedFor(
  pointer: Pointer | undefined,
  placement: string | undefined,
): Pointer | undefined {
  const own = pointer && pointerAt(pointer, placement);
  if (own === undefined && placement !== undefined) throw noLineage(placement);
  return own;
}
