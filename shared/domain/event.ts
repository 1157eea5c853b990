import { ApiError, invalid } from './errors.ts';
import {
  parseEventId,
  parseItemId,
  parseRankingId,
  type EventId,
  type ItemId,
  type RankingId,
} from './ids.ts';

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
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const MAX_EVENTS_PER_REQUEST = 1000;

/** Larger than any real value, and small enough that sums of squares over all visitors stay finite. */
export const MAX_VALUE = 1e12;

/**
 * Something a visitor did with a ranking. The unit of `value` depends on the type: dwell time in ms, scroll depth
 * 0..1, the value of a booking, the amount of a payment. Starting a booking, booking, cancelling and paying are four
 * types. An event of type `pointer_activity` reports how much activity (`value`) fell on one cell of a heat map:
 * `properties.cell` is "x,y" on a grid of 10 × 10 cells, counted from 0.
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
]);

const MAX_PROPERTIES = 32;

/** @throws ApiError 400 naming the field and what is expected, 401 when the token is missing. */
export function parseEvent(value: unknown): FeedbackEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('an event must be an object');
  }
  const raw = value as Record<string, unknown>;
  const type = raw.type;
  if (!(EVENT_TYPES as readonly unknown[]).includes(type)) {
    throw invalid(
      `type must be one of ${EVENT_TYPES.join(', ')}, but was ${JSON.stringify(type)?.slice(0, 80)}`,
    );
  }
  if (!WITHOUT_ITEM.has(type as string) && raw.itemId === undefined) {
    throw invalid(`an event of type ${String(type)} needs an itemId`);
  }
  const { position, value: amount, timestamp, token } = raw;
  if (position !== undefined && !(Number.isInteger(position) && (position as number) >= 1)) {
    throw invalid(`position must be a whole number from 1, but was ${JSON.stringify(position)}`);
  }
  if (amount !== undefined && !Number.isFinite(amount)) {
    throw invalid(`value must be a finite number, but was ${JSON.stringify(amount)}`);
  }
  if (Math.abs(amount as number) > MAX_VALUE) {
    throw invalid(`value must be ${-MAX_VALUE} to ${MAX_VALUE}, but was ${String(amount)}`);
  }
  if (type === 'pointer_activity') checkPointerActivity(raw);
  if (!Number.isSafeInteger(timestamp) || (timestamp as number) <= 0) {
    throw invalid(`timestamp must be epoch milliseconds, but was ${JSON.stringify(timestamp)}`);
  }
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
    ...(raw.itemId === undefined ? {} : { itemId: parseItemId(raw.itemId) }),
    ...(position === undefined ? {} : { position: position as number }),
    ...(amount === undefined ? {} : { value: amount as number }),
    ...(raw.properties === undefined ? {} : { properties: parseProperties(raw.properties) }),
    timestamp: timestamp as number,
    token,
  };
}

function checkPointerActivity({ properties, value = 0 }: Record<string, unknown>): void {
  const { cell } = (properties ?? {}) as Record<string, unknown>;
  if (typeof cell !== 'string' || !/^\d,\d$/.test(cell)) {
    throw invalid(
      `an event of type pointer_activity needs properties.cell "x,y", each 0 to 9, but it was ${JSON.stringify(cell)?.slice(0, 80)}`,
    );
  }
  if ((value as number) < 0)
    throw invalid(`the value of pointer_activity must be 0 or more, but was ${String(value)}`);
}

function parseProperties(value: unknown): NonNullable<FeedbackEvent['properties']> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('properties must be an object');
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
        `property "${name.slice(0, 80)}" must be a short text, a finite number, a boolean or null`,
      );
    }
  }
  return Object.fromEntries(entries) as NonNullable<FeedbackEvent['properties']>;
}
