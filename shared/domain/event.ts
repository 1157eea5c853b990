import { ApiError, invalid } from './errors.ts';
import {
  parseEventId,
  parseRankingId,
  referredItemId,
  type EventId,
  type ItemId,
  type RankingId,
} from './ids.ts';
import { parseMoment } from './moment.ts';
import { MAX_LIMIT } from './rank-request.ts';
import { shown } from './shown.ts';
import { unknownFields } from './unknown-fields.ts';
import { DAY_MS } from './utc-day.ts';

export const EVENT_TYPES = [
  'impression',
  'click',
  'dwell',
  'save',
  'contact',
  'booking_start',
  'booking',
  'cancel',
  'scroll_depth',
  'form_progress',
  'feature_use',
  'pointer_activity',
  'payment',
  'not_interested',
  'survey',
  'timing',
  'reward',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const MAX_EVENTS_PER_REQUEST = 1000;

/** Larger than any real value, and small enough that sums of squares over all visitors stay finite. */
export const MAX_VALUE = 1e12;

interface ValueRange {
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}
const amount: ValueRange = { min: 0, max: MAX_VALUE, unit: 'an amount' };
const share: ValueRange = { min: 0, max: 1, unit: 'a share' };

/**
 * What the `value` of an event may be, by type. Another unit (percent, seconds for milliseconds) is mostly out of range, and
 * would outweigh all other values.
 */
export const VALUE_RANGES: Readonly<Record<EventType, ValueRange>> = {
  impression: amount,
  click: amount,
  // Nobody looks at one item for longer than its token is valid.
  dwell: { min: 0, max: DAY_MS, unit: 'milliseconds' },
  save: amount,
  contact: amount,
  booking_start: amount,
  booking: amount,
  // What a cancellation costs may be written with either sign.
  cancel: { ...amount, min: -MAX_VALUE },
  scroll_depth: share,
  form_progress: share,
  feature_use: amount,
  pointer_activity: amount,
  // A payment below 0 is a refund.
  payment: { ...amount, min: -MAX_VALUE },
  not_interested: amount,
  // 0 is the worst answer to the one question, 1 the best.
  survey: share,
  timing: { min: 0, max: DAY_MS, unit: 'milliseconds' },
  // How good it was by a measure of the site's own, as other systems want it said.
  reward: share,
};

/**
 * Something a visitor did with a ranking. The unit of `value` depends on the type (`VALUE_RANGES`): dwell time in ms, scroll
 * depth 0..1, the value of a booking, the amount of a payment. Starting a booking, booking, cancelling and paying are four
 * types. An event of type `pointer_activity` reports how much activity (`value`) fell on one cell of a heat map:
 * `properties.cell` is "x,y" on a grid of 10 × 10 cells, counted from 0. `timing` says how long the visitor's page waited for the
 * ranking, in ms from the request to the answer; `properties.late` is true where the page had given up on it and kept its own order.
 * `reward` is how good it was that an item was shown, 0..1, by a measure of the site's own.
 */
export interface FeedbackEvent {
  readonly eventId: EventId;
  readonly type: EventType;
  readonly rankingId: RankingId;
  readonly itemId?: ItemId;
  /** 1-based slot. */
  readonly position?: number;
  readonly value?: number;
  readonly properties?: Readonly<Record<string, string | number | boolean | null>>;
  /** Epoch ms, by the visitor's clock. */
  readonly timestamp: number;
  readonly token: string;
}

/** The event types that need not name an item. */
const WITHOUT_ITEM: ReadonlySet<string> = new Set([
  'impression',
  'scroll_depth',
  'form_progress',
  'feature_use',
  'pointer_activity',
  'survey',
  'timing',
]);

const MAX_PROPERTIES = 32;
/** Of all properties of an event together, as JSON: many events are stored of a ranking, and many are read at once. */
export const MAX_PROPERTIES_CHARACTERS = 4096;

const FIELDS: ReadonlySet<string> = new Set([
  'eventId',
  'type',
  'rankingId',
  'itemId',
  'position',
  'value',
  'properties',
  'timestamp',
  'token',
]);

/** @throws ApiError 400 naming the field and what is expected, 401 when the token is missing. */
export function parseEvent(value: unknown): FeedbackEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`an event must be an object, but was ${shown(value)}`);
  }
  const raw = value as Record<string, unknown>;
  const type = raw.type;
  if (!(EVENT_TYPES as readonly unknown[]).includes(type)) {
    throw invalid(`type must be one of ${EVENT_TYPES.join(', ')}, but was ${shown(type)}`);
  }
  if (!WITHOUT_ITEM.has(type as string) && raw.itemId === undefined) {
    throw invalid(`an event of type ${String(type)} needs an itemId`);
  }
  const { position, value: given, token } = raw;
  if (position !== undefined && !isPosition(position)) {
    throw invalid(
      `position must be a whole number from 1 to ${MAX_LIMIT}, but was ${shown(position)}`,
    );
  }
  if (given !== undefined) checkValue(type as EventType, given);
  if (type === 'pointer_activity') checkPointerActivity(raw);
  unknownFields(raw, FIELDS);
  const timestamp = parseMoment(raw.timestamp, 'timestamp');
  if (typeof token !== 'string' || token.length === 0 || token.length > 32_768) {
    throw new ApiError(
      401,
      'invalid_token',
      'token is missing: send the one the ranking came with',
    );
  }
  return {
    eventId: parseEventId(raw.eventId),
    type: type as EventType,
    rankingId: parseRankingId(raw.rankingId),
    ...(raw.itemId === undefined ? {} : { itemId: referredItemId(raw.itemId) }),
    ...(position === undefined ? {} : { position: position as number }),
    ...(given === undefined ? {} : { value: given as number }),
    ...(raw.properties === undefined ? {} : { properties: parseProperties(raw.properties) }),
    timestamp,
    token,
  };
}

const isPosition = (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_LIMIT;

function checkValue(type: EventType, value: unknown): void {
  const { min, max, unit } = VALUE_RANGES[type];
  if (Number.isFinite(value) && (value as number) >= min && (value as number) <= max) return;
  throw invalid(
    `the value of ${type} must be ${unit} from ${min} to ${max}, but was ${shown(value)}`,
  );
}

function checkPointerActivity({ properties }: Record<string, unknown>): void {
  const { cell } = (properties ?? {}) as Record<string, unknown>;
  if (typeof cell !== 'string' || !/^\d,\d$/.test(cell)) {
    throw invalid(
      `an event of type pointer_activity needs properties.cell "x,y", each 0 to 9, but it was ${shown(cell)}`,
    );
  }
}

function parseProperties(value: unknown): NonNullable<FeedbackEvent['properties']> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`properties must be an object, but was ${shown(value)}`);
  }
  const entries = Object.entries(value);
  if (entries.length > MAX_PROPERTIES) {
    throw invalid(
      `properties may have at most ${MAX_PROPERTIES} entries, but had ${entries.length}`,
    );
  }
  for (const [name, v] of entries) {
    const flat =
      v === null ||
      typeof v === 'boolean' ||
      (typeof v === 'string' && v.length <= 1024) ||
      (typeof v === 'number' && Number.isFinite(v));
    if (!flat || name.length > 64) {
      throw invalid(
        `property "${name.slice(0, 80)}" must be a text of at most 1,024 characters, a finite number, a boolean or null, and its name at most 64 characters long, but was ${shown(v)}`,
      );
    }
  }
  const properties = Object.fromEntries(entries) as NonNullable<FeedbackEvent['properties']>;
  const { length } = JSON.stringify(properties);
  if (length <= MAX_PROPERTIES_CHARACTERS) return properties;
  throw invalid(
    `properties may have at most ${MAX_PROPERTIES_CHARACTERS} characters as JSON, but had ${length}`,
  );
}
