import { needsTexts, needsMost } from './check.ts';
import { MISSING, rowsPlan, type BucketKind } from './kind.ts';

/**
 * Distance in the caller's order between an item and the listed item that the visitor touched last: bucket `most` + 1
 * is that item itself, `most` + 2 the one just below it, `most` the one just above it; capped at ±`most`. Missing if
 * no listed item was touched.
 */
export interface RecentDistanceSpec {
  readonly name: string;
  readonly kind: 'recent-distance';
  readonly most: number;
  /** Counts only these types of interaction as a touch. */
  readonly only?: readonly string[];
}

export const recentDistance: BucketKind<RecentDistanceSpec> = {
  check: (spec) => needsMost(spec.most) ?? needsTexts('only', spec.only ?? []),
  size: (spec) => 2 * spec.most + 2,
  label(spec, bucket) {
    const distance = bucket - 1 - spec.most;
    if (distance === 0) return 'the item touched last';
    const places = `${Math.abs(distance)}${Math.abs(distance) === spec.most ? ' or more' : ''}`;
    return `${places} ${distance > 0 ? 'below' : 'above'} the item touched last`;
  },
  plan(spec, input) {
    if (!input.table.ordered) return MISSING;
    const last = input.visit.recent.findLast(
      ({ type, itemId }) =>
        (spec.only === undefined || spec.only.includes(type)) && input.rowOf(itemId) !== undefined,
    );
    const anchor = last && input.rowOf(last.itemId);
    if (anchor === undefined) return MISSING;
    return rowsPlan(input.table, (row) => {
      const capped = Math.max(-spec.most, Math.min(spec.most, row - anchor));
      return 1 + spec.most + capped;
    });
  },
};
