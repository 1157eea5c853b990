import type { Item } from '../../shared/domain/item.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { codesOf, encodeRequest, indexRows } from '../../shared/features/encode.ts';
import { bucketLabels, type Schema } from '../../shared/features/schema.ts';
import { percent } from '../../shared/text/text.ts';
import { examplePreferences } from './example-request.ts';

/** How the items of a catalogue are spread over the buckets of a feature. */
export interface BucketCounts {
  readonly feature: string;
  /** From bucket 0 (missing) on. */
  readonly buckets: readonly { readonly meaning: string; readonly items: number }[];
}

export interface CatalogueBuckets {
  /** Of the features that tell items apart. */
  readonly counts: readonly BucketCounts[];
  /** Features that are the same for all items here: they read the visit, its history or the log. */
  readonly ofVisit: readonly string[];
  /** What each feature read as wishes. */
  readonly preferences: object;
  /** What a person would change, one sentence each. */
  readonly remarks: readonly string[];
}

/** A feature with nearly all items in one bucket hardly tells them apart. */
const NEARLY_ALL = 0.98;
const MANY_MISSING = 0.5;

/** Encodes all items for one request that fits them, as the edge would. */
export function countBuckets(
  schema: Schema,
  items: readonly Item[],
  nowMs: number,
): CatalogueBuckets {
  const table = packItems(schema.columns, items);
  const preferences = examplePreferences(schema, items, nowMs);
  const visit = { preferences, context: {}, recent: [] };
  const encoded = encodeRequest(schema, table, indexRows(table), visit, nowMs);
  const width = schema.features.length;
  const codes = codesOf(
    encoded,
    items.map((_, row) => row),
  );
  const all = schema.features.map((spec, index): BucketCounts => {
    const labels = bucketLabels(schema, spec);
    const counts = labels.map(() => 0);
    for (let at = index; at < codes.length; at += width) counts[codes[at]]++;
    const buckets = labels.map((meaning, bucket) => ({ meaning, items: counts[bucket] }));
    return { feature: spec.name, buckets };
  });
  const tells = schema.features.map((_, index) => encoded.plans[index].from !== 'constant');
  const counts = all.filter((_, index) => tells[index]);
  return {
    counts,
    ofVisit: all.filter((_, index) => !tells[index]).map(({ feature }) => feature),
    preferences,
    remarks: counts.flatMap((one) => remarksOn(one, items.length)),
  };
}

function remarksOn({ feature, buckets }: BucketCounts, total: number): string[] {
  if (total === 0) return [];
  const [missing, ...known] = buckets;
  const fullest = known.reduce((most, bucket) => (bucket.items > most.items ? bucket : most));
  if (missing.items > MANY_MISSING * total)
    return [
      `${feature} is missing of ${percent(missing.items / total, { digits: 0 })} of the items`,
    ];
  return fullest.items >= NEARLY_ALL * total
    ? [
        `${feature} hardly tells items apart: "${fullest.meaning}" are ${percent(fullest.items / total, { digits: 0 })} of them`,
      ]
    : [];
}
