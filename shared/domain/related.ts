import { invalid } from './errors.ts';
import { referredItemId, type ItemId } from './ids.ts';
import { shown } from './shown.ts';
import { unknownFields } from './unknown-fields.ts';

/** So many items others may be related to in one request, such as those of a basket. */
export const MAX_RELATED_TO = 8;
/** So many neighbours an item may have, and so many of several items together are ranked. */
export const MAX_NEIGHBOURS = 200;

/** What is asked for beside some items, and what was found of them. */
export interface RelatedItems {
  /** The items that others are related to: each once, and never shown themselves. */
  readonly to: readonly ItemId[];
  /** Their neighbours, the most alike first, as they were when the ranking was made. Absent: none are known, and all items compete. */
  readonly items?: readonly ItemId[];
  /** How alike each of `items` is, in whole percent. */
  readonly percent?: readonly number[];
}

/** An item that is like another one. */
export interface Neighbour {
  readonly id: ItemId;
  /** Whole percent, 0..100. */
  readonly percent: number;
}

/** What an answer says of the items that others are related to. */
export interface RelatedReport {
  readonly to: readonly ItemId[];
  /** How many are known to be like them; they compete, as far as filters let them. 0: none are known, and all items compete. */
  readonly neighbours: number;
  /** Why none are known of some, in words. */
  readonly problem?: string;
}

const FIELDS: ReadonlySet<string> = new Set(['to']);

/**
 * Reads `related` of a request: an id, or `{to: id or ids}`.
 * @throws ApiError 400 naming the field and what is expected.
 */
export function parseRelated(value: unknown): RelatedItems {
  const to = isObject(value) ? toOf(value) : [value];
  const ids = Array.isArray(to) ? (to as unknown[]) : [to];
  if (ids.length === 0 || ids.length > MAX_RELATED_TO)
    throw invalid(
      `related.to must be an item id or a list of 1 to ${MAX_RELATED_TO}, but was a list of ${ids.length}`,
    );
  return { to: [...new Set(ids.map(readId))] };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function toOf(value: Readonly<Record<string, unknown>>): unknown {
  unknownFields(value, FIELDS);
  if (value.to === undefined) throw invalid('related must be an item id, or {to: id or ids}');
  return value.to;
}

function readId(id: unknown): ItemId {
  if (typeof id === 'string' || typeof id === 'number') return referredItemId(id);
  throw invalid(`related must be an item id, or {to: id or ids}, but was ${shown(id)}`);
}

/**
 * The same from the log, with the neighbours that were found.
 * @throws ApiError 400 where it is none.
 */
export function parseLoggedRelated(value: unknown): RelatedItems {
  if (!isObject(value)) throw invalid('a logged ranking of related items names none');
  const { to } = parseRelated({ to: value.to });
  const { items, percent } = value;
  if (items === undefined) return { to };
  const fits =
    Array.isArray(items) &&
    Array.isArray(percent) &&
    items.length === percent.length &&
    percent.every(isPercent);
  if (!fits) throw invalid('neighbours of a logged ranking do not go with how alike they are');
  return { to, items: items.map(readId), percent };
}

/** Whether it says how alike two items are. */
export const isPercent = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 100;

/**
 * What is ranked beside some items: the neighbours of all of them, each once and by the item that it is most like, the most alike first.
 * Equally alike ones stay in the order in which they were found.
 * @param found by item of `to`, the most alike first; undefined where nothing is known of it.
 */
export function relatedTo(
  to: readonly ItemId[],
  found: readonly (readonly Neighbour[] | undefined)[],
): RelatedItems {
  const known = found.filter((one) => one !== undefined);
  if (known.length === 0) return { to };
  const listed = (some: readonly Neighbour[]): RelatedItems => ({
    to,
    items: some.map(({ id }) => id),
    percent: some.map(({ percent }) => percent),
  });
  if (to.length === 1) return listed(known[0]);
  const asked = new Set(to);
  const best = new Map<ItemId, Neighbour>();
  for (const one of known.flat()) {
    const before = best.get(one.id);
    if (asked.has(one.id) || (before !== undefined && before.percent >= one.percent)) continue;
    best.set(one.id, one);
  }
  const sorted = [...best.values()].toSorted((a, b) => b.percent - a.percent);
  return listed(sorted.slice(0, MAX_NEIGHBOURS));
}
