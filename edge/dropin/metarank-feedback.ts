import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { EVENT_TYPES, MAX_EVENTS_PER_REQUEST, type EventType } from '../../shared/domain/event.ts';
import { referredItemId } from '../../shared/domain/ids.ts';
import { parseItem } from '../../shared/domain/item.ts';
import { parseMoment } from '../../shared/domain/moment.ts';
import { shown } from '../../shared/domain/shown.ts';
import { acceptEvents, type Rejection } from '../collect/accept-events.ts';
import { storeAccepted } from '../collect/handle-events.ts';
import { authorize } from '../http/authorize.ts';
import { jsonResponse } from '../http/json-response.ts';
import { readJson } from '../http/read-body.ts';
import type { Isolate } from '../isolate.ts';
import type { KeptRanking } from '../platform/durable-objects.ts';
import { candidateOf, namedFields } from './given-features.ts';
import { keptUnder } from './kept-rankings.ts';
import { metarankId } from './metarank-rank.ts';
import { checkServer, type Handler } from './only-servers.ts';
import { putItems } from './put-items.ts';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** What sites call what we name otherwise; our own names are taken as well. */
const TYPES: Readonly<Record<string, EventType>> = {
  like: 'save',
  favorite: 'save',
  wishlist: 'save',
  cart: 'booking_start',
  add_to_cart: 'booking_start',
  purchase: 'booking',
  dislike: 'not_interested',
};

type Given = Readonly<Record<string, unknown>>;
type FindRanking = (id: unknown) => Promise<KeptRanking>;

/**
 * `POST /feedback`: one event as Metarank documents it, or a list of them. Items go to the backend, with the caller's key; a
 * ranking says what of it was shown, and an interaction what was done with an item of it. `rejected` is ours.
 * @throws ApiError where all of it is refused.
 */
export const handleMetarankFeedback: Handler = async (request, isolate, ctx) => {
  const startMs = performance.now();
  checkServer(await authorize(request, isolate, 'events', ctx));
  const body = await readJson(request, MAX_BODY_BYTES);
  const list: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (list.length === 0 || list.length > MAX_EVENTS_PER_REQUEST)
    throw invalid(`send 1 to ${MAX_EVENTS_PER_REQUEST} events, not ${list.length}`);
  const rejected: Rejection[] = [];
  /** Each with its place in the list. */
  const events: [index: number, event: object][] = [];
  const items: [index: number, item: object][] = [];
  const find = rankingsOf(isolate);
  const nowMs = Date.now();
  const read = await Promise.allSettled(
    list.map(async (one): Promise<object | object[]> => {
      const given = (one ?? {}) as Given;
      return given.event === 'item' ? itemOf(given) : eventsOf(given, find, nowMs);
    }),
  );
  for (const [index, one] of read.entries()) {
    if (one.status === 'fulfilled') {
      if (Array.isArray(one.value)) for (const event of one.value) events.push([index, event]);
      else items.push([index, one.value]);
    } else {
      const error: unknown = one.reason;
      if (!(error instanceof ApiError)) throw error;
      rejected.push({ index, code: error.code, message: error.message });
    }
  }
  const stored =
    events.length === 0
      ? []
      : (
          await storeAccepted(
            acceptEvents(
              events.map(([, event]) => event),
              isolate.settings,
              nowMs,
            ),
            isolate,
          )
        ).rejected;
  rejected.push(...stored.map((one) => ({ ...one, index: events[one.index][0] })));
  rejected.push(...(await putItems(items, request, isolate)));
  const refused = new Set(rejected.map(({ index }) => index));
  const accepted = list.length - refused.size;
  rejected.sort((a, b) => a.index - b.index);
  if (accepted === 0) throw allRefused(rejected);
  return jsonResponse({
    accepted,
    status: refused.size === 0 ? 'ok' : 'partial',
    tookMillis: Math.round(performance.now() - startMs),
    updated: 0,
    ...(refused.size > 0 && { rejected }),
  });
};

const AGAIN: ReadonlySet<string> = new Set(['unavailable', 'too_many_requests']);

function allRefused(rejected: readonly Rejection[]): ApiError {
  const [{ code, message }] = rejected;
  const isLater = rejected.some((one) => AGAIN.has(one.code));
  return new ApiError(isLater ? 503 : 400, code, message, { rejected }, isLater ? 1 : undefined);
}

/** Each is looked up once. */
function rankingsOf(isolate: Isolate): FindRanking {
  const found = new Map<string, Promise<KeptRanking | null>>();
  return async (value) => {
    const id = metarankId(value, 'ranking');
    const looked = found.get(id) ?? keptUnder('metarank', id, isolate).find();
    found.set(id, looked);
    const ranking = await looked;
    if (ranking !== null) return ranking;
    throw new ApiError(
      404,
      'unknown_ranking',
      `no ranking is kept under ${shown(id)}: it was not made by POST /rank here, or it expired`,
    );
  };
}

function itemOf({ item, fields, timestamp }: Given): object {
  parseMoment(timestamp, 'timestamp');
  const given = candidateOf(item, namedFields(fields, 'fields'), 'fields');
  // What is no value of an attribute may be nested deeper than can be written, and could not be sent on.
  parseItem(given);
  return given;
}

async function eventsOf(given: Given, find: FindRanking, nowMs: number): Promise<object[]> {
  switch (given.event) {
    case 'ranking':
      return impressionsOf(given, await find(given.id), nowMs);
    case 'interaction':
      if (given.ranking === undefined)
        throw invalid(
          'an interaction needs the ranking that it is about: what was done elsewhere teaches nothing of a ranking',
        );
      return [interactionOf(given, await find(given.ranking), nowMs)];
    case 'user':
      throw new ApiError(
        400,
        'unsupported_event',
        'a user event is not kept: nobody has a profile here; send its fields with each ranking',
      );
    default:
      throw invalid(
        `event must be item, user, ranking or interaction, but was ${shown(given.event)}`,
      );
  }
}

/** What was shown has to be what was ranked, from the top: the chances of another order are not known. */
function impressionsOf({ items, timestamp }: Given, ranking: KeptRanking, nowMs: number): object[] {
  const at = momentIn(timestamp, ranking, nowMs);
  if (!Array.isArray(items) || items.length === 0)
    throw invalid('items must be the list of what was shown');
  return items.map((one: unknown, i) => {
    const itemId = referredItemId((one as { id?: unknown } | null)?.id);
    if (itemId !== ranking.itemIds[i])
      throw new ApiError(
        400,
        'another_order',
        `items[${i}] is ${shown(itemId)}, but the ranking has ${shown(ranking.itemIds[i])} there: show its items in its order`,
      );
    return {
      ...about(ranking, `shown-${i + 1}`, at),
      type: 'impression',
      itemId,
      position: i + 1,
    };
  });
}

function interactionOf(
  { id, type, item, fields, timestamp }: Given,
  ranking: KeptRanking,
  nowMs: number,
): object {
  const own = typeof type === 'string' && Object.hasOwn(TYPES, type) ? TYPES[type] : type;
  if (!(EVENT_TYPES as readonly unknown[]).includes(own))
    throw invalid(
      `type must be one of ${[...EVENT_TYPES, ...Object.keys(TYPES)].join(', ')}, but was ${shown(type)}`,
    );
  const properties = new Map(namedFields(fields, 'fields'));
  const value = properties.get('value');
  properties.delete('value');
  return {
    ...about(ranking, id, momentIn(timestamp, ranking, nowMs)),
    type: own,
    itemId: item,
    ...(value !== undefined && { value }),
    ...(properties.size > 0 && { properties: Object.fromEntries(properties) }),
  };
}

const about = ({ rankingId, token }: KeptRanking, eventId: unknown, timestamp: number) => ({
  rankingId,
  token,
  eventId,
  timestamp,
});

/** Nothing was done with a ranking before it was made, nor after now: by such a clock it is taken for now. */
function momentIn(timestamp: unknown, { at }: KeptRanking, nowMs: number): number {
  const given = parseMoment(timestamp, 'timestamp');
  return given < at || given > nowMs ? nowMs : given;
}
