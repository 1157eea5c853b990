import { own } from '../../domain/own.ts';
import type { PastSearch } from '../../domain/visitor-history.ts';
import { firstIndex } from '../columns/binary-search.ts';
import { codesWith } from '../columns/codes-with-entry.ts';
import type { Column } from '../columns/item-table.ts';
import { amountWords } from './bin-words.ts';
import { needsColumn, needsDistinctTexts } from './check.ts';
import { columnPlan, MISSING, stepOf, type BucketKind } from './kind.ts';
import { levelOf } from './ordinal-distance.ts';
import { needsBinsFromZero, needsHalfLife, needsLevel, weightAt, type DecaySpec } from './past.ts';
import { preferredTexts } from './preference.ts';
import { rangeOf } from './range-distance.ts';

/**
 * What share of the visitor's past searches this item is near to, of those that stated a preference: bucket 1 = none, i + 1 = up
 * to `edges[i]`, the last bucket above all. Each search counts `2^(−age / halfLifeDays)`. Near is a number within
 * `tolerance` of the range or number that was wished, a level of `levels` within as many steps of it, or a text, an entry of
 * a set, or a path at `level` that was wished. Missing if no past search stated the preference.
 */
export interface SearchAffinitySpec extends DecaySpec {
  readonly name: string;
  readonly kind: 'search-affinity';
  readonly column: string;
  readonly preference: string;
  readonly level?: number;
  /** Ordered values of a category column, the lowest first. */
  readonly levels?: readonly string[];
  readonly tolerance?: number;
  readonly edges: readonly number[];
}

export const searchAffinity: BucketKind<SearchAffinitySpec> = {
  check(spec, input) {
    const column = input.columns.find(({ name }) => name === spec.column);
    const isOrdered = column?.type === 'number' || spec.levels !== undefined;
    return (
      needsColumn(
        input,
        spec.column,
        spec.levels === undefined ? ['category', 'set', 'path', 'number'] : ['category'],
      ) ??
      (typeof spec.preference === 'string' ? undefined : 'preference must be a name') ??
      needsLevel(input.columns, spec.column, spec.level) ??
      (spec.levels === undefined ? undefined : needsDistinctTexts('levels', spec.levels)) ??
      needsTolerance(spec.tolerance, isOrdered) ??
      needsHalfLife(spec) ??
      needsBinsFromZero(spec.edges)
    );
  },
  size: (spec) => spec.edges.length + 2,
  label({ edges, preference }, bucket) {
    const share = amountWords(edges, bucket - 1, (edge) => `${Math.round(edge * 100)} %`);
    return `near ${share} of the past searches by ${preference}`;
  },
  plan(spec, input) {
    const searches = (input.visit.history?.searches ?? []).filter(
      ({ preferences }) => own(preferences, spec.preference) !== undefined,
    );
    if (searches.length === 0) return MISSING;
    return columnPlan(input, spec, undefined, (buckets, column) => {
      const near = nearIn(spec, column, searches);
      if (near.total === 0) return;
      const bucketOf = (weight: number) => 1 + stepOf(spec.edges, weight / near.total);
      near.fill(buckets, bucketOf);
    });
  },
};

function needsTolerance(tolerance: unknown, isOrdered: boolean): string | undefined {
  if (!isOrdered)
    return tolerance === undefined ? undefined : 'tolerance is of numbers and levels only';
  return Number.isFinite(tolerance) && (tolerance as number) >= 0
    ? undefined
    : 'tolerance must be a number from 0 on';
}

/** How much the searches weigh that a code is near to. */
interface Near {
  /** Of all searches whose preference is of the form that is read. */
  readonly total: number;
  fill(buckets: Uint8Array, bucketOf: (weight: number) => number): void;
}

const nearIn = (
  spec: SearchAffinitySpec,
  column: Column,
  searches: readonly PastSearch[],
): Near => {
  if (column.spec.type === 'number') return nearNumbers(spec, column, searches);
  return spec.levels === undefined
    ? nearTexts(spec, column, searches)
    : nearLevels(spec, spec.levels, column, searches);
};

/** Each search is near to a run of the sorted dictionary, so that few distinct sums are taken. */
function nearNumbers(
  spec: SearchAffinitySpec,
  { values }: Column,
  searches: readonly PastSearch[],
): Near {
  const tolerance = spec.tolerance!;
  const runs = searches.flatMap(({ preferences, agoHours }) => {
    const range = rangeOf(own(preferences, spec.preference));
    if (range === undefined) return [];
    const first = (holds: (value: number) => boolean) =>
      firstIndex(1, values.length, (code) => holds(values[code] as number));
    const from = first((value) => value >= range.min - tolerance);
    const to = first((value) => value > range.max + tolerance);
    return [{ from, to, weight: weightAt(agoHours, spec) }];
  });
  return {
    total: runs.reduce((sum, { weight }) => sum + weight, 0),
    fill(buckets, bucketOf) {
      const cuts = [...new Set([1, ...runs.flatMap(({ from, to }) => [from, to]), values.length])];
      cuts.sort((a, b) => a - b);
      cuts.slice(0, -1).forEach((cut, i) => {
        let weight = 0;
        for (const run of runs) if (run.from <= cut && cut < run.to) weight += run.weight;
        buckets.fill(bucketOf(weight), cut, cuts[i + 1]);
      });
    },
  };
}

function nearLevels(
  spec: SearchAffinitySpec,
  levels: readonly string[],
  column: Column,
  searches: readonly PastSearch[],
): Near {
  const wished = searches.flatMap(({ preferences, agoHours }) => {
    const level = levelOf(spec, own(preferences, spec.preference));
    return Number.isNaN(level) ? [] : [{ level, weight: weightAt(agoHours, spec) }];
  });
  return {
    total: wished.reduce((sum, { weight }) => sum + weight, 0),
    fill(buckets, bucketOf) {
      levels.forEach((name, level) => {
        let weight = 0;
        for (const wish of wished)
          if (Math.abs(wish.level - level) <= spec.tolerance!) weight += wish.weight;
        for (const code of codesWith(column, name)) buckets[code] = bucketOf(weight);
      });
    },
  };
}

function nearTexts(
  spec: SearchAffinitySpec,
  column: Column,
  searches: readonly PastSearch[],
): Near {
  const sums = new Map<number, number>();
  let total = 0;
  for (const { preferences, agoHours } of searches) {
    const texts = preferredTexts(own(preferences, spec.preference));
    if (texts.size === 0) continue;
    const weight = weightAt(agoHours, spec);
    total += weight;
    // A search counts once for an item, however many of its wishes the item has.
    const near = new Set([...texts].flatMap((text) => codesWith(column, text, spec.level ?? 0)));
    for (const code of near) sums.set(code, (sums.get(code) ?? 0) + weight);
  }
  return {
    total,
    fill(buckets, bucketOf) {
      buckets.fill(1);
      // What an item has at the level is not known where its path ends above it.
      if (spec.level !== undefined)
        for (const code of codesWith(column, '', spec.level)) buckets[code] = 0;
      for (const [code, weight] of sums) buckets[code] = bucketOf(weight);
    },
  };
}
