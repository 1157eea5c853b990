import { own } from '../../../shared/domain/own.ts';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';
import { namesOf } from '../../../shared/features/columns/item-table.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { canBeShown, textsOf } from '../../catalogue/can-be-shown.ts';
import { items } from '../../store/tables.ts';
import { shownItems } from '../account/shown-items.ts';
import type { Span } from '../account/span.ts';

/** A value of the catalogue, such as a theme or a country, of which no item was shown. */
export interface UnseenValue {
  /** The attribute that it is a value of. */
  readonly attribute: string;
  readonly value: string;
  /** How many items that can be shown have it. */
  readonly items: number;
  /** Of all items that can be shown. */
  readonly share: number;
}

/** An attribute with more values is a name rather than a kind, and of many names some are always unseen. */
const MOST_VALUES = 200;
/** What was not shown in so many rankings is missing for learning. */
const MOST_RANKINGS = 50_000;

/**
 * Values of category, set and path columns that no item has which was shown in the newest rankings of a window that count:
 * nothing can be learned about them. Items that filters exclude are not expected. Ends as soon as every value was seen.
 * @returns those of most items first; none where no ranking counts.
 */
export async function unseenValues(
  db: LibSQLDatabase,
  schema: Schema,
  window: Span,
  nowMs: number,
): Promise<UnseenValue[]> {
  const { valuesOf, counts } = await readCatalogue(db, schema, nowMs);
  const unseen = new Set(counts.keys());
  if (unseen.size === 0) return [];
  let isRanked = false;
  for await (const ids of shownItems(db, schema.hash, window, MOST_RANKINGS)) {
    isRanked = true;
    for (const id of ids) for (const value of valuesOf.get(id) ?? []) unseen.delete(value);
    if (unseen.size === 0) break;
  }
  if (!isRanked) return [];
  return [...unseen]
    .map((key) => {
      const withIt = counts.get(key)!;
      return { ...split(key), items: withIt, share: withIt / valuesOf.size };
    })
    .toSorted((a, b) => b.items - a.items || (keyOf(a) < keyOf(b) ? -1 : 1));
}

const SEPARATOR = '\0';
const keyOf = ({ attribute, value }: Pick<UnseenValue, 'attribute' | 'value'>) =>
  `${attribute}${SEPARATOR}${value}`;
const split = (key: string) => {
  const at = key.indexOf(SEPARATOR);
  return { attribute: key.slice(0, at), value: key.slice(at + 1) };
};

/** The values of each item that can be shown, and how many items have each value. */
async function readCatalogue(db: LibSQLDatabase, schema: Schema, nowMs: number) {
  const attributes = schema.columns.filter(isKind).flatMap(namesOf);
  const valuesOf = new Map<string, readonly string[]>();
  const counts = new Map<string, number>();
  for (const item of await db.select().from(items)) {
    if (!canBeShown(schema, item.attributes, nowMs)) continue;
    const values = attributes.flatMap((attribute) =>
      textsOf(own(item.attributes, attribute)).map((value) => keyOf({ attribute, value })),
    );
    valuesOf.set(item.id, values);
    for (const value of new Set(values)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const perAttribute = Map.groupBy(counts.keys(), (key) => split(key).attribute);
  for (const keys of perAttribute.values())
    if (keys.length > MOST_VALUES) for (const key of keys) counts.delete(key);
  return { valuesOf, counts };
}

const isKind = ({ type }: ColumnSpec) => type === 'category' || type === 'set' || type === 'path';
