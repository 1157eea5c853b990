import { isPlacement, type Placement } from './placement.ts';

/** All placements that have no setting of their own. */
export const EVERYWHERE = '*';

/** Where the site keeps its own order. */
export type ApprenticePlacement = Placement | typeof EVERYWHERE;

/** Who sees the site's own order at a placement, and who the ranking that Trimtab learned from it. */
export interface Apprenticeship {
  /** Share of the sessions that are ranked by Trimtab, 0..1: at 0 it is an apprentice and nothing else, at 1 it ranks for all. */
  readonly share: number;
  /** Number of the change that set it, from 1: what is compared between the two is counted by it, as no clock says when an isolate began to follow it. */
  readonly change: number;
}

export type Apprenticeships = Readonly<Record<string, Apprenticeship>>;

export const isApprenticePlacement = (value: unknown): value is ApprenticePlacement =>
  value === EVERYWHERE || isPlacement(value);

/** Whether the `apprentice` of a pointer can be used: one that was edited by hand must not break a ranking. */
export function isApprenticeships(value: unknown): value is Apprenticeships {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([placement, entry]: [string, unknown]) => {
    if (!isApprenticePlacement(placement) || typeof entry !== 'object' || entry === null)
      return false;
    const { share, change } = entry as Record<string, unknown>;
    return (
      typeof share === 'number' &&
      share >= 0 &&
      share <= 1 &&
      Number.isSafeInteger(change) &&
      (change as number) >= 1
    );
  });
}

/** What holds at a placement: its own setting, else that of everywhere; undefined where nobody ever set one. */
export const apprenticeshipAt = (
  all: Apprenticeships | undefined,
  placement: Placement,
): Apprenticeship | undefined =>
  all === undefined
    ? undefined
    : Object.hasOwn(all, placement)
      ? all[placement]
      : Object.hasOwn(all, EVERYWHERE)
        ? all[EVERYWHERE]
        : undefined;

/** The comparison of the two orders under one change, as exposures name it. */
export const apprenticeExperiment = (change: number): string => `apprentice-${change}`;

export const SITE_ARM = 'site';
export const TRIMTAB_ARM = 'trimtab';
