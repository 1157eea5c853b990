import type { Pointer } from '../../shared/domain/pointer.ts';
import { placementsOf } from '../../shared/domain/pointer-at.ts';

/**
 * Whose rankings a lineage learns from and is judged by, by their placement: those of its own, and for the default lineage all that have
 * none. A ranking is of the lineage that its placement has now, whichever version ranked it.
 */
export type LineageScope = { readonly only: string } | { readonly except: readonly string[] };

/** @param lineage its placement; null: the default one. */
export const scopeOf = (
  pointer: Pick<Pointer, 'placements'> | undefined,
  lineage: string | null,
): LineageScope =>
  lineage === null
    ? { except: pointer === undefined ? [] : placementsOf(pointer) }
    : { only: lineage };

/** Whether a scope has all rankings that there are. */
export const isEverything = (scope: LineageScope): boolean =>
  'except' in scope && scope.except.length === 0;

export const isInScope = (scope: LineageScope, placement: string): boolean =>
  'only' in scope ? scope.only === placement : !scope.except.includes(placement);
