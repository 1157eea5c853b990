import type { Interaction } from '../../domain/rank-request.ts';
import { binWords, wholeBin } from './bin-words.ts';
import { needsDistinctTexts, needsTexts, needsMost, needsRising } from './check.ts';
import { constantPlan, MISSING, stepOf, type BucketKind } from './kind.ts';

/**
 * What the visitor did with this item earlier in the session. A touch is any interaction, or one of the types in
 * `only`. Missing if the session has no interactions; the last bucket is for an item that was not touched. The other
 * buckets are
 * - `recency`: 1 = the item touched last, 2 = the distinct item touched before it, …, `most` = that or longer ago
 * - `type`: i + 1 if the latest touch was of type `types[i]`, one more bucket for any other type
 * - `kinds`: 1 + a bit mask of the types of all touches (bit i for `types[i]`)
 * - `count`: the bin of the number of touches, by `edges`
 * - `age`: the bin of the seconds since the latest touch, by `edges`
 */
export interface RecentSpec {
  readonly name: string;
  readonly kind: 'recent';
  readonly measure: 'recency' | 'type' | 'kinds' | 'count' | 'age';
  readonly only?: readonly string[];
  readonly most?: number;
  readonly types?: readonly string[];
  readonly edges?: readonly number[];
}

interface Touches {
  rank: number;
  latest: Interaction;
  types: Set<string>;
  count: number;
}

/**
 * Per item id: its recency rank among the touched items (latest = 1), its latest touch, and the types and number of
 * its touches.
 */
export function touchesOf(
  recent: readonly Interaction[],
  only: readonly string[] | undefined,
): Map<string, Touches> {
  const touches = new Map<string, Touches>();
  for (let i = recent.length - 1; i >= 0; i--) {
    const latest = recent[i];
    if (only !== undefined && !only.includes(latest.type)) continue;
    const known = touches.get(latest.itemId);
    if (known === undefined) {
      const types = new Set([latest.type]);
      touches.set(latest.itemId, { rank: touches.size + 1, latest, types, count: 1 });
    } else {
      known.types.add(latest.type);
      known.count++;
    }
  }
  return touches;
}

const times = (count: number) => (count === 1 ? 'once' : `${count} times`);

/** Number of buckets for items that were touched. */
const touchedBuckets = (spec: RecentSpec): number => {
  if (spec.measure === 'recency') return spec.most!;
  if (spec.measure === 'kinds') return 2 ** spec.types!.length;
  return spec.measure === 'type' ? spec.types!.length + 1 : spec.edges!.length + 1;
};

export const recent: BucketKind<RecentSpec> = {
  check(spec) {
    const only = needsTexts('only', spec.only ?? []);
    switch (spec.measure) {
      case 'recency':
        return needsMost(spec.most) ?? only;
      case 'type':
      case 'kinds':
        return needsDistinctTexts('types', spec.types) ?? only;
      case 'count':
      case 'age':
        return needsRising('edges', spec.edges) ?? only;
      default:
        return 'measure must be recency, type, kinds, count or age';
    }
  },
  size: (spec) => touchedBuckets(spec) + 2,
  label(spec, bucket) {
    if (bucket > touchedBuckets(spec)) return 'untouched';
    if (spec.measure === 'recency') {
      if (bucket === 1) return spec.most === 1 ? 'touched before' : 'touched last';
      return `${bucket - 1}${bucket === spec.most ? ' or more' : ''} touched since`;
    }
    if (spec.measure === 'kinds') {
      return (
        spec.types!.filter((_, bit) => ((bucket - 1) >> bit) & 1).join(' + ') || 'another touch'
      );
    }
    if (spec.measure === 'type') return spec.types![bucket - 1] ?? 'another touch';
    if (spec.measure === 'age') return `touched ${binWords(spec.edges!, bucket - 1)} s ago`;
    const whole = wholeBin(spec.edges!, bucket - 1, [1, Infinity]);
    if (whole === undefined) return 'never';
    const [from, to] = whole;
    if (to === Infinity) return `touched ${from} or more times`;
    return from === to ? `touched ${times(from)}` : `touched ${from} to ${times(to)}`;
  },
  plan(spec, input) {
    if (input.visit.recent.length === 0) return MISSING;
    const rows = new Map<number, number>();
    for (const [id, touch] of touchesOf(input.visit.recent, spec.only)) {
      const row = input.rowOf(id);
      if (row !== undefined) rows.set(row, bucketOf(spec, touch, input.nowMs));
    }
    const others = constantPlan(touchedBuckets(spec) + 1);
    return rows.size === 0 ? others : { from: 'sparse', others, rows };
  },
};

function bucketOf(spec: RecentSpec, touch: Touches, nowMs: number): number {
  switch (spec.measure) {
    case 'recency':
      return Math.min(touch.rank, spec.most!);
    case 'type': {
      const index = spec.types!.indexOf(touch.latest.type);
      return 1 + (index < 0 ? spec.types!.length : index);
    }
    case 'kinds':
      return (
        1 +
        spec.types!.reduce((mask, type, bit) => mask | (Number(touch.types.has(type)) << bit), 0)
      );
    case 'count':
      return 1 + stepOf(spec.edges!, touch.count);
    case 'age':
      return 1 + stepOf(spec.edges!, Math.max(0, nowMs - touch.latest.at) / 1000);
    default:
      throw spec.measure satisfies never;
  }
}
