import { invalid } from './errors.ts';
import { referredItemId, type ItemId } from './ids.ts';
import { parsePreferences, type Preferences } from './preferences.ts';
import { shown } from './shown.ts';
import { unknownFields } from './unknown-fields.ts';

/**
 * What a visitor did before, in earlier sessions too, as their own device remembers it: nobody else stores it. It is sent with
 * each rank request, and read only with `consent: personalise`.
 */
export interface VisitorHistory {
  /** The oldest first. */
  readonly items: readonly PastTouch[];
  /** The oldest first. */
  readonly searches: readonly PastSearch[];
}

/** What was done with an item. The list is closed, so that a history says no more of a person than this. */
export const TOUCH_TYPES = ['seen', 'saved', 'booked', 'skipped'] as const;
export type TouchType = (typeof TOUCH_TYPES)[number];

export interface PastTouch {
  readonly itemId: ItemId;
  readonly type: TouchType;
  /** Coarse, see `coarseHours`. */
  readonly agoHours: number;
}

export interface PastSearch {
  readonly preferences: Preferences;
  readonly agoHours: number;
}

/** Beyond these only the latest are read, so that no history costs a ranking much. */
const MAX_TOUCHES = 60;
const MAX_SEARCHES = 10;
/** Longer lists are not even read through. */
const MAX_SENT = 500;
/** What lies further back says little, and would be kept for nothing. */
const MAX_AGO_HOURS = 400 * 24;
/** Of the texts that a past search lists under one name. */
const MAX_WISHED = 32;

const FIELDS: ReadonlySet<string> = new Set(['items', 'searches']);

/**
 * Reads `{items: [{itemId, type, agoHours}], searches: [{preferences, agoHours}]}`. How long ago is stated by the visitor's
 * device, so that no clock needs to be right and no moment is known that would link one visitor's rankings.
 * @returns undefined where it says nothing.
 * @throws ApiError 400 naming the entry and what is expected.
 */
export function parseHistory(value: object): VisitorHistory | undefined {
  const raw = value as Readonly<Record<string, unknown>>;
  unknownFields(raw, FIELDS);
  const items = latest(raw.items, 'items', '{itemId, type, agoHours}', MAX_TOUCHES, readTouch);
  const searches = latest(
    raw.searches,
    'searches',
    '{preferences, agoHours}',
    MAX_SEARCHES,
    readSearch,
  );
  return items.length + searches.length === 0 ? undefined : { items, searches };
}

function latest<T extends { readonly agoHours: number }>(
  value: unknown,
  name: string,
  form: string,
  most: number,
  read: (entry: Readonly<Record<string, unknown>>, what: string) => T,
): T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > MAX_SENT)
    throw invalid(`recent.${name} must be a list of at most ${MAX_SENT} ${form}`);
  return value
    .map((entry: unknown, index) => {
      const what = `recent.${name}[${index}]`;
      if (typeof entry !== 'object' || entry === null)
        throw invalid(`${what} must be ${form}, but was ${shown(entry)}`);
      return read(entry as Readonly<Record<string, unknown>>, what);
    })
    .filter(({ agoHours }) => agoHours <= MAX_AGO_HOURS)
    .toSorted((a, b) => b.agoHours - a.agoHours)
    .slice(-most);
}

function readTouch(entry: Readonly<Record<string, unknown>>, what: string): PastTouch {
  const { type } = entry;
  if (!(TOUCH_TYPES as readonly unknown[]).includes(type))
    throw invalid(`${what}.type must be one of ${TOUCH_TYPES.join(', ')}, but was ${shown(type)}`);
  return {
    itemId: referredItemId(entry.itemId),
    type: type as TouchType,
    agoHours: readAgo(entry.agoHours, what),
  };
}

function readSearch(entry: Readonly<Record<string, unknown>>, what: string): PastSearch {
  const preferences = parsePreferences(entry.preferences, `${what}.preferences`);
  return {
    preferences: Object.fromEntries(
      Object.entries(preferences).map(([name, wish]) => [
        name,
        Array.isArray(wish) ? (wish as readonly string[]).slice(0, MAX_WISHED) : wish,
      ]),
    ),
    agoHours: readAgo(entry.agoHours, what),
  };
}

function readAgo(value: unknown, what: string): number {
  if (Number.isFinite(value) && (value as number) >= 0) return coarseHours(value as number);
  throw invalid(
    `${what}.agoHours must be how many hours ago it was, from 0 on, but was ${shown(value)}`,
  );
}

/** Whole hours of the last two days and whole days before: finer ages tell rankings nothing and observers whose they are. */
const coarseHours = (hours: number): number =>
  hours < 48 ? Math.floor(hours) : Math.floor(hours / 24) * 24;
