import type { RankedItem } from '../../client/types.ts';

export type Reason = NonNullable<RankedItem['reasons']>[number];

/** What comes of what this visitor did before, and of nothing else. */
const OF_HISTORY = new Set([
  'seen-before',
  'liked-themes',
  'seen-themes',
  'skipped-themes',
  'liked-continents',
  'liked-prices',
  'searched-themes',
  'searched-continents',
]);
/** What the rules weigh; points of anything else were learned. */
const OF_RULES = new Set([
  'base',
  'theme',
  'difficulty',
  'duration',
  'budget',
  'status',
  'departing',
  'place',
]);

export const isOfRules = ({ feature }: Reason): boolean => OF_RULES.has(feature);

/** So the edge says that an item is like nothing that the visitor did. */
const UNLIKE = /^not |\bno item\b|\bnone\b/;

/**
 * Points of each item for what the visitor looked at, saved, booked, turned down or searched for, beyond those of an item that is like
 * none of it. All that are unlike have these alike, so that they order nothing; what no item of the ranking is unlike in counts in full.
 */
export function historyPoints(
  items: readonly { readonly reasons?: readonly Reason[] }[],
): readonly number[] {
  const ofHistory = items.map(
    ({ reasons = [] }) =>
      new Map(
        reasons
          .filter(({ feature }) => OF_HISTORY.has(feature))
          .map((reason) => [reason.feature, reason]),
      ),
  );
  const unlike = new Map<string, number>();
  for (const own of ofHistory)
    for (const [feature, { because, points }] of own)
      if (UNLIKE.test(because)) unlike.set(feature, points);
  return ofHistory.map((own) =>
    [...OF_HISTORY].reduce(
      (sum, feature) => sum + (own.get(feature)?.points ?? 0) - (unlike.get(feature) ?? 0),
      0,
    ),
  );
}

/** What counts, and why, in the language that the ranking was asked for in. */
export const reasonWords = ({
  feature,
  because,
  text,
}: Reason): { feature: string; because: string } => text ?? { feature, because };
