import { needsTexts, needsMost } from './check.ts';
import { MISSING, type BucketKind } from './kind.ts';

/**
 * Places between this row and the item of the list touched last, in the caller's order: bucket `most` + 1 is that item,
 * `most` + 2 the one just below it, `most` the one just above; capped at ±`most`. Missing without such an item.
 */
export interface RecentDistanceSpec {
  readonly name: string;
  readonly kind: 'recent-distance';
  readonly most: number;
  /** Limits "touched" to some types of interaction. */
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
    const buckets = Uint8Array.from(input.table.ids, (_, row) => {
      const capped = Math.max(-spec.most, Math.min(spec.most, row - anchor));
      return 1 + spec.most + capped;
    });
    return { from: 'rows', buckets };
  },
};
