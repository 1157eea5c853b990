import type { Attributes, Item } from '../../shared/domain/item.ts';
import type { Range, Visit } from '../../shared/domain/rank-request.ts';
import type { FeatureSpec } from '../../shared/features/kinds/index.ts';
import type { ColumnSpec } from '../../shared/features/columns/column-spec.ts';
import type { FilterSpec, Schema } from '../../shared/features/schema.ts';

/**
 * Encodes item by item from the raw attributes, feature by feature: no packing, no dictionaries, no plans.
 * Slow and obvious; what the product computes per distinct value must come out the same.
 */
export interface Competition {
  readonly items: readonly Item[];
  /** Whether the order of `items` is the caller's own. */
  readonly ordered: boolean;
  readonly visit: Visit;
  readonly nowMs: number;
  /** Further items of which something is known, that do not compete. */
  readonly known?: readonly Item[];
  /** Learned values by `<measure> <days>`, then by item id. */
  readonly learned?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export function encodeItem(schema: Schema, at: number, competition: Competition): number[] {
  const codes: number[] = [];
  for (const feature of schema.features)
    codes.push(bucketOf(feature, schema, at, competition, codes));
  return codes;
}

export const isFiltered = (schema: Schema, item: Item, nowMs: number): boolean =>
  schema.filters.some((filter) => matches(filter, schema, item, nowMs));

function matches(filter: FilterSpec, schema: Schema, item: Item, nowMs: number): boolean {
  const value = read(schema, filter.column, item.attributes);
  if (value === undefined) return false;
  return 'before' in filter ? (value as number) < nowMs : filter.exclude.includes(value as string);
}

function bucketOf(
  feature: FeatureSpec,
  schema: Schema,
  at: number,
  { items, ordered, visit, nowMs, known = [], learned = {} }: Competition,
  earlier: readonly number[],
): number {
  const item = items[at];
  const { preferences, context, recent } = visit;
  switch (feature.kind) {
    case 'constant':
      return 1;
    case 'category': {
      const value = read(schema, feature.column, item.attributes);
      const text = feature.level === undefined ? value : (value as string[])?.[feature.level];
      if (text === undefined || text === '') return 0;
      const index = feature.values.indexOf(text as string);
      return index < 0 ? feature.values.length + 1 : index + 1;
    }
    case 'context': {
      const value = context[feature.key];
      if (value === undefined) return 0;
      if (feature.values !== undefined) {
        const index = feature.values.indexOf(String(value));
        return index < 0 ? feature.values.length + 1 : index + 1;
      }
      const number = numeric(typeof value === 'boolean' ? Number(value) : value);
      return number === undefined ? 0 : binOf(number, feature.edges!);
    }
    case 'cross': {
      const [a, b] = feature.of.map(
        (name) => earlier[schema.features.findIndex((other) => other.name === name)],
      ) as [number, number];
      return a === 0 || b === 0 ? 0 : 1 + (a - 1) * feature.sizes[1] + (b - 1);
    }
    case 'date-month': {
      const date = read(schema, feature.column, item.attributes) as number | undefined;
      return date === undefined ? 0 : Number(new Date(date).toISOString().slice(5, 7));
    }
    case 'date-soon': {
      const date = read(schema, feature.column, item.attributes) as number | undefined;
      if (date === undefined || date < nowMs) return 0;
      return binOf((date - nowMs) / 86_400_000, feature.days);
    }
    case 'hierarchy': {
      const path = read(schema, feature.column, item.attributes) as string[] | undefined;
      const wishes = feature.preferences.map((name) => wishesOf(preferences[name]));
      if (path === undefined || wishes.every((wish) => wish.length === 0)) return 0;
      const agrees = path.map((part, level) => part !== '' && wishes[level].includes(part));
      const deepest = agrees.lastIndexOf(true);
      return path.length - deepest;
    }
    case 'item-affinity': {
      const touches = (visit.history?.items ?? []).filter(({ type }) =>
        feature.only.includes(type),
      );
      if (touches.length === 0) return 0;
      if (feature.column === undefined) {
        const own = touches.filter(({ itemId }) => itemId === item.id);
        return binOf(sumOf(own.map(({ agoHours }) => decay(agoHours, feature))), feature.edges);
      }
      const parts = (other: Item | undefined): unknown[] => {
        const value = other && read(schema, feature.column!, other.attributes);
        if (value === undefined) return [];
        if (feature.levelEdges !== undefined) return [binOf(value as number, feature.levelEdges)];
        if (feature.level === undefined) return texts(value);
        const part = (value as string[])[feature.level];
        return part === '' ? [] : [part];
      };
      const all = [...items, ...known];
      const alike = touches.flatMap(({ itemId, agoHours }) => {
        const theirs = parts(all.find(({ id }) => id === itemId));
        if (theirs.length === 0) return [];
        const shared = theirs.filter((part) => parts(item).includes(part));
        return [(decay(agoHours, feature) * shared.length) / theirs.length];
      });
      return alike.length === 0 || parts(item).length === 0
        ? 0
        : binOf(sumOf(alike), feature.edges);
    }
    case 'ordinal-distance': {
      const value = read(schema, feature.column, item.attributes) as string | number | undefined;
      const wish = preferences[feature.preference];
      const level = (v: unknown) => {
        if (feature.levels === undefined) return numeric(v);
        if (typeof v !== 'string' && typeof v !== 'number') return undefined;
        const index = feature.levels.indexOf(String(v));
        return index < 0 ? undefined : index;
      };
      const [has, wants] = [level(value), level(wish)];
      if (has === undefined || wants === undefined) return 0;
      return 1 + Math.min(feature.most, Math.round(Math.abs(has - wants)));
    }
    case 'price-to-budget': {
      const price = read(schema, feature.column, item.attributes) as number | undefined;
      const wish = preferences[feature.preference];
      const budget = typeof wish === 'object' ? (wish as Range).max : wish;
      if (price === undefined || typeof budget !== 'number' || budget <= 0) return 0;
      const fits = feature.overPercent.findIndex(
        (over) => micros(price * 100) <= micros(budget * (100 + over)),
      );
      return fits < 0 ? feature.overPercent.length + 1 : fits + 1;
    }
    case 'quantile': {
      const value = read(schema, feature.column, item.attributes) as number | undefined;
      return value === undefined ? 0 : binOf(value, feature.edges);
    }
    case 'range-distance': {
      const value = read(schema, feature.column, item.attributes) as number | undefined;
      const wish = preferences[feature.preference];
      const range = (typeof wish === 'number' ? { min: wish, max: wish } : wish) as Range;
      if (value === undefined || typeof range !== 'object' || Array.isArray(range)) return 0;
      if (range.min === undefined && range.max === undefined) return 0;
      const below = range.min === undefined ? 0 : range.min - value;
      const above = range.max === undefined ? 0 : value - range.max;
      return binOf(Math.max(below, above, 0), feature.within);
    }
    case 'recent': {
      if (recent.length === 0) return 0;
      const counted = recent.filter(({ type }) => feature.only?.includes(type) ?? true);
      const own = counted.filter(({ itemId }) => itemId === item.id);
      if (own.length === 0) return untouchedBucket(feature);
      const latest = own.at(-1)!;
      if (feature.measure === 'count') return binOf(own.length, feature.edges!);
      if (feature.measure === 'age')
        return binOf(Math.max(0, nowMs - latest.at) / 1000, feature.edges!);
      if (feature.measure === 'kinds') {
        const touched = feature.types!.map((name) => own.some(({ type }) => type === name));
        return touched.reduce((bucket, was, bit) => bucket + (was ? 2 ** bit : 0), 1);
      }
      if (feature.measure === 'type') {
        const index = feature.types!.indexOf(latest.type);
        return index < 0 ? feature.types!.length + 1 : index + 1;
      }
      const after = counted.slice(counted.lastIndexOf(latest) + 1);
      const othersSince = new Set(after.map(({ itemId }) => itemId)).size;
      return Math.min(feature.most!, 1 + othersSince);
    }
    case 'recent-distance': {
      const anchor = touchedRows(items, recent, feature.only)[0] ?? -1;
      if (!ordered || anchor < 0) return 0;
      const places = Math.max(-feature.most, Math.min(feature.most, at - anchor));
      return 1 + feature.most + places;
    }
    case 'request-time': {
      const sent = context.utcOffsetMinutes;
      const isSent = typeof sent === 'number' && Math.abs(sent) <= 840;
      const minutes = isSent ? sent : (feature.utcOffsetMinutes ?? 0);
      const iso = new Date(nowMs + minutes * 60_000).toISOString();
      // 1 January 1990 was a Monday.
      const days = Math.floor((nowMs + minutes * 60_000 - Date.UTC(1990, 0, 1)) / 86_400_000);
      const number = {
        hour: Number(iso.slice(11, 13)),
        weekday: 1 + (days % 7),
        month: Number(iso.slice(5, 7)),
      }[feature.part];
      if (feature.edges !== undefined) return binOf(number, feature.edges);
      return feature.part === 'hour' ? number + 1 : number;
    }
    case 'search-affinity': {
      const value = read(schema, feature.column, item.attributes);
      const { type } = schema.columns.find(({ name }) => name === feature.column)!;
      let [near, total] = [0, 0];
      for (const { preferences: past, agoHours } of visit.history?.searches ?? []) {
        const isNear = nearness(feature, type, value, past[feature.preference]);
        if (isNear === undefined) continue;
        total += decay(agoHours, feature);
        if (isNear) near += decay(agoHours, feature);
      }
      const isKnown =
        value !== undefined &&
        (feature.levels?.includes(value as string) ?? true) &&
        (feature.level === undefined || (value as string[])[feature.level] !== '');
      return total === 0 || !isKnown ? 0 : binOf(near / total, feature.edges);
    }
    case 'set-overlap': {
      const value = read(schema, feature.column, item.attributes);
      const wished = wishesOf(preferences[feature.preference]);
      if (value === undefined || wished.length === 0) return 0;
      const has = texts(value);
      return 1 + Math.min(feature.most, has.filter((entry) => wished.includes(entry)).length);
    }
    case 'slate-rank': {
      if (feature.column === undefined) {
        const untouched = (other: Item) => !recent.some(({ itemId }) => itemId === other.id);
        const rivals = feature.among === 'untouched' ? items.filter(untouched) : items;
        if (!ordered || !rivals.includes(item)) return 0;
        return Math.min(rivals.indexOf(item) + 1, feature.most);
      }
      const value = numberAt(schema, feature.column, item);
      if (value === undefined || (feature.among === 'above' && !ordered)) return 0;
      const rivals = feature.among === 'above' ? items.slice(0, at) : items;
      const ahead = rivals.filter((other) => {
        const theirs = numberAt(schema, feature.column!, other);
        if (theirs === undefined) return false;
        return feature.order === 'descending' ? theirs > value : theirs < value;
      });
      return Math.min(ahead.length + 1, feature.most);
    }
    case 'slate-ratio': {
      const floored = (others: readonly Item[]) =>
        others
          .map((other) => numberAt(schema, feature.column, other))
          .filter((number) => number !== undefined)
          .map((number) => Math.max(1, number));
      const touched = () =>
        floored(touchedRows(items, recent, feature.only).map((row) => items[row]));
      const [own] = floored([item]);
      if (own === undefined || (feature.to === 'lowest-above' && !ordered)) return 0;
      const reference = {
        median: () => median(floored(items)),
        touched: () => mean(touched()),
        'last-touched': () => touched()[0],
        'lowest-above': () => floored(items.slice(0, at)).toSorted((a, b) => a - b)[0],
      }[feature.to]();
      return reference === undefined ? 0 : binOf(own / reference, feature.edges);
    }
    case 'related': {
      const { items: alike = [], percent = [] } = visit.related ?? {};
      const place = (alike as readonly string[]).indexOf(item.id);
      return place < 0 ? 0 : binOf(percent[place], feature.edges);
    }
    case 'learned': {
      const all = learned[`${feature.of} ${feature.days}`] ?? {};
      const own = all[item.id];
      if (own === undefined) return 0;
      const values = Object.values(all);
      const below = values.filter((value) => value < own).length;
      const equal = values.filter((value) => value === own).length;
      return 1 + Math.floor((feature.buckets * (below + equal / 2)) / values.length);
    }
    default:
      throw feature satisfies never;
  }
}

const decay = (agoHours: number, { halfLifeDays }: { readonly halfLifeDays: number }) =>
  2 ** (-agoHours / 24 / halfLifeDays);

const sumOf = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** Whether an item's value is near to a wish; undefined where the wish is none. */
function nearness(
  feature: Extract<FeatureSpec, { kind: 'search-affinity' }>,
  type: ColumnSpec['type'],
  value: unknown,
  wish: unknown,
): boolean | undefined {
  if (type === 'number') {
    const range = (typeof wish === 'number' ? { min: wish, max: wish } : wish) as Range | undefined;
    if (typeof range !== 'object' || Array.isArray(range)) return undefined;
    if (range.min === undefined && range.max === undefined) return undefined;
    const low = (range.min ?? Number.NEGATIVE_INFINITY) - feature.tolerance!;
    const high = (range.max ?? Number.POSITIVE_INFINITY) + feature.tolerance!;
    return low <= (value as number) && (value as number) <= high;
  }
  if (feature.levels !== undefined) {
    if (typeof wish !== 'string' && typeof wish !== 'number') return undefined;
    const [has, wants] = [value as string, String(wish)].map((v) => feature.levels!.indexOf(v));
    return wants < 0 ? undefined : has >= 0 && Math.abs(has - wants) <= feature.tolerance!;
  }
  const wished = wishesOf(wish);
  if (wished.length === 0) return undefined;
  if (value === undefined) return false;
  const has = feature.level === undefined ? texts(value) : [(value as string[])[feature.level]];
  return has.some((text) => wished.includes(text));
}

function untouchedBucket(feature: Extract<FeatureSpec, { kind: 'recent' }>): number {
  if (feature.measure === 'recency') return feature.most! + 1;
  if (feature.measure === 'kinds') return 2 ** feature.types!.length + 1;
  return (feature.types ?? feature.edges)!.length + 2;
}

/** Rows of the items touched in the session, each once, the latest first. */
function touchedRows(
  items: readonly Item[],
  recent: Visit['recent'],
  only: readonly string[] | undefined,
): number[] {
  const ids = recent
    .filter(({ type }) => only?.includes(type) ?? true)
    .map(({ itemId }) => itemId)
    .toReversed();
  return [...new Set(ids)]
    .map((id) => items.findIndex((item) => item.id === id))
    .filter((row) => row >= 0);
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

const mean = (numbers: readonly number[]): number | undefined =>
  numbers.length === 0 ? undefined : numbers.reduce((a, b) => a + b, 0) / numbers.length;

const numberAt = (schema: Schema, column: string, item: Item) =>
  read(schema, column, item.attributes) as number | undefined;

/** An attribute as its column type says: text, number, epoch ms, list of distinct texts, or path. */
function read(schema: Schema, name: string, attributes: Attributes): unknown {
  const column = schema.columns.find((entry) => entry.name === name) as ColumnSpec;
  const value = attributes[column.name];
  if (column.type === 'path') {
    const path = (column.from ?? [column.name]).map((part) => attributes[part] ?? '');
    return path.every((part) => part === '') ? undefined : path;
  }
  if (value === undefined || value === null || value === '') return undefined;
  if (column.type === 'category') return String(value);
  if (column.type === 'number') return Number(value);
  if (column.type === 'date') return typeof value === 'string' ? Date.parse(value) : value;
  const set = new Set(texts(value));
  return set.size === 0 ? undefined : [...set];
}

const texts = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? (value as string[]) : [];
};

const wishesOf = (wish: unknown) => texts(wish).filter((text) => text !== '');

const numeric = (value: unknown): number | undefined => {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === ''))
    return undefined;
  return Number.isFinite(Number(value)) ? Number(value) : undefined;
};

const micros = (value: number) => Math.round(value * 1e6);

/** 1 + the number of edges below the value. */
const binOf = (value: number, edges: readonly number[]): number =>
  1 + edges.filter((edge) => value > edge).length;
