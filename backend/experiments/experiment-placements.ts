import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { parsePlacement } from '../../shared/domain/placement.ts';
import { pointerAt } from '../../shared/domain/pointer-at.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';

/** Which rankings may enter an experiment, as its row holds it. */
export interface Placing {
  /** Null: all of its lineage. */
  readonly placements: readonly string[] | null;
  /** The placement whose lineage it is of; null: the default one. */
  readonly lineage: string | null;
}

const MOST = 16;

/**
 * An experiment compares versions of one lineage, so it is of one placement with a lineage of its own, or of any number without.
 * @param asked the placements; undefined: all of the default lineage. @throws ApiError 400, or 409 `several_lineages`.
 */
export function placingOf(
  asked: readonly string[] | undefined,
  pointer: Pointer | undefined,
): Placing {
  if (asked === undefined) return { placements: null, lineage: null };
  if (asked.length === 0 || asked.length > MOST)
    throw invalid(
      `placements must be a list of 1 to ${MOST} placements, but had ${asked.length}: leave it out for all of them`,
    );
  const placements = [...new Set(asked.map(parsePlacement))].toSorted();
  const own = placements.filter((one) => pointer && pointerAt(pointer, one) !== undefined);
  if (own.length === 0) return { placements, lineage: null };
  if (placements.length === 1) return { placements, lineage: own[0] };
  throw new ApiError(
    409,
    'several_lineages',
    `placement ${own[0]} has a lineage of its own, and an experiment compares versions of one lineage: name it alone, and the others in another experiment`,
  );
}
