import { ApiError } from '../../shared/domain/errors.ts';
import type { Span } from '../../shared/trace/spans.ts';
import type { SessionId } from '../../shared/domain/ids.ts';
import type { CollectedEvent } from '../../shared/format/ingest-bytes.ts';
import { authorize, type Guarded } from '../http/authorize.ts';
import { jsonResponse } from '../http/json-response.ts';
import {
  requestsFor,
  TooManyRequests,
  type RateLimited,
  type RateLimits,
} from '../http/rate-limits.ts';
import { readSizedJson } from '../http/read-body.ts';
import type { EventEntry, StoredEvents } from '../platform/durable-objects.ts';
import type { Configured } from '../platform/settings.ts';
import { acceptEvents, type AcceptedEvents, type Rejection } from './accept-events.ts';
import { byShard, shardKeyOf } from './shard.ts';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

const UNAVAILABLE = {
  code: 'unavailable',
  message: 'the event could not be stored: send it again',
};
const TOO_MANY = {
  code: 'too_many_events',
  message: 'the ranking has as many events of this kind, or of all kinds, as are stored of one',
};
/** The client sends again what was refused by this code. */
const FULL = {
  code: 'too_many_requests',
  message: 'more waits to be shipped than is stored at a time: send the event again later',
};
/** As long as a shard waits at most before it tries its backend again. */
const FULL_RETRY_AFTER_S = 60;
/** A Durable Object that was moved or restarted answers again within a second. */
const RETRY_AFTER_S = 1;

/** `POST /v1/events`: responds 202 when every accepted event is stored durably. */
export async function handleEvents(
  request: Request,
  configured: Configured & Guarded & RateLimited,
  ctx: ExecutionContext,
  trace?: Span,
): Promise<Response> {
  const { settings, rateLimits } = configured;
  const role = await authorize(request, configured, 'events', ctx);
  await rateLimits.checkCaller('events', request, role);
  const { body, characters } = await readSizedJson(request, MAX_BODY_BYTES);
  const accepted = acceptEvents(body, settings, Date.now());
  const events = accepted.events.length + accepted.rejected.length;
  const more = requestsFor({ events, characters }) - 1;
  if (more > 0) await rateLimits.checkCaller('events', request, role, more);
  return jsonResponse(await storeAccepted(accepted, configured, trace), 202);
}

/** What became of events, as `POST /v1/events` answers it. */
export interface Received {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly Rejection[];
  readonly corrected?: number;
}

/**
 * Stores what was accepted, within the rates of its sessions.
 * @throws ApiError 429 or 503 where nothing of it could be stored.
 */
export async function storeAccepted(
  { events: valid, rejected, corrected }: AcceptedEvents,
  configured: Configured & RateLimited,
  trace?: Span,
): Promise<Received> {
  const { settings, rateLimits } = configured;
  const { events, tooFast } = await withinRates(valid, rateLimits);
  if (events.length === 0 && tooFast.length > 0) throw new TooManyRequests('this session');
  const reject = (group: AcceptedEvents['events'], why: { code: string; message: string }) =>
    rejected.push(...group.map(({ index }) => ({ index, ...why })));
  // An error notes where it was made, which costs more than most of what an event is looked at for.
  if (tooFast.length > 0) reject(tooFast, new TooManyRequests('this session').toJSON());
  const shards = byShard(events, ({ event }) => shardKeyOf(event), settings.eventShards);
  const appended = await Promise.all(
    [...shards].map(([shard, group]) => append(configured, shard, group, trace)),
  );
  if (appended.length > 0 && appended.every(({ stored }) => stored?.isFull === true))
    throw new ApiError(429, FULL.code, FULL.message, undefined, FULL_RETRY_AFTER_S);
  let [accepted, duplicates] = [0, 0];
  for (const { stored, group } of appended) {
    if (stored === undefined) {
      reject(group, UNAVAILABLE);
      continue;
    }
    if (stored.isFull === true) {
      reject(group, FULL);
      continue;
    }
    const { duplicates: again, tooMany } = stored;
    accepted += group.length - again.length - tooMany.length;
    duplicates += again.length;
    reject(
      tooMany.map((i) => group[i]),
      TOO_MANY,
    );
  }
  if (appended.length > 0 && appended.every(({ stored }) => stored === undefined)) {
    throw new ApiError(
      503,
      'unavailable',
      'the events could not be stored: send them again',
      undefined,
      RETRY_AFTER_S,
    );
  }
  rejected.sort((a, b) => a.index - b.index);
  return { accepted, duplicates, rejected, ...(corrected > 0 && { corrected }) };
}

/** Tells the events of sessions that send too much from the others. */
async function withinRates(
  valid: AcceptedEvents['events'],
  rateLimits: RateLimits,
): Promise<Record<'events' | 'tooFast', AcceptedEvents['events'][number][]>> {
  const ofSession = Map.groupBy(valid, ({ event }) => event.sessionId);
  const isTooFast = new Set<SessionId>();
  await Promise.all(
    [...ofSession].map(async ([session, own]) => {
      const fits = await rateLimits.sessionFits(
        'events',
        session,
        requestsFor({ events: own.length, characters: 0 }),
      );
      if (!fits) isTooFast.add(session);
    }),
  );
  const { events = [], tooFast = [] } = Object.groupBy(valid, ({ event }) =>
    isTooFast.has(event.sessionId) ? 'tooFast' : 'events',
  );
  return { events, tooFast };
}

/** @returns what became of the group's events; `stored` is undefined if the shard could not store them. */
async function append(
  { env }: Configured,
  shard: number,
  group: AcceptedEvents['events'],
  trace: Span | undefined,
): Promise<{ stored: StoredEvents | undefined; group: AcceptedEvents['events'] }> {
  const object = env.EVENT_LOG.get(env.EVENT_LOG.idFromName(`shard-${shard}`));
  const span = trace?.child('events store', 'client').set({ 'trimtab.events': group.length });
  const entries = group.map(({ event }) => entryOf(event));
  try {
    const stored = await (span === undefined
      ? object.storeEvents(entries, true)
      : object.storeEvents(entries, true, span.context));
    span?.end();
    return { stored, group };
  } catch (error) {
    span?.end(true);
    console.error(`shard ${shard} could not store ${group.length} events`, error);
    return { stored: undefined, group };
  }
}

const entryOf = (event: CollectedEvent): EventEntry => ({
  key: `${event.rankingId} ${event.eventId}`,
  rankingId: event.rankingId,
  kind: event.itemId === undefined ? event.type : `${event.type} ${event.itemId}`,
  json: JSON.stringify(event),
});
