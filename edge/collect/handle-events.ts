import { ApiError } from '../../shared/domain/errors.ts';
import { authorize } from '../http/authorize.ts';
import { jsonResponse } from '../http/json-response.ts';
import { readJson } from '../http/read-body.ts';
import type { Configured } from '../platform/settings.ts';
import { acceptEvents, type AcceptedEvents } from './accept-events.ts';
import { byShard, shardKeyOf } from './shard.ts';

const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** A Durable Object that was moved or restarted answers again within a second. */
const RETRY_AFTER_S = 1;

/** `POST /v1/events`: responds 202 when every accepted event is stored durably. */
export async function handleEvents(request: Request, configured: Configured): Promise<Response> {
  const { settings } = configured;
  authorize(request, settings, 'publishable');
  const body = await readJson(request, MAX_BODY_BYTES);
  const { events, rejected } = acceptEvents(body, settings, Date.now());
  const shards = byShard(events, ({ event }) => shardKeyOf(event), settings.eventShards);
  const appended = await Promise.all(
    [...shards].map(([shard, group]) => append(configured, shard, group)),
  );
  let [accepted, duplicates] = [0, 0];
  for (const { fresh, group } of appended) {
    if (fresh === undefined) {
      rejected.push(
        ...group.map(({ index }) => ({
          index,
          code: 'unavailable',
          message: 'the event could not be stored: send it again',
        })),
      );
    } else {
      accepted += fresh;
      duplicates += group.length - fresh;
    }
  }
  if (appended.length > 0 && appended.every(({ fresh }) => fresh === undefined)) {
    throw new ApiError(
      503,
      'unavailable',
      'the events could not be stored: send them again',
      undefined,
      RETRY_AFTER_S,
    );
  }
  rejected.sort((a, b) => a.index - b.index);
  return jsonResponse({ accepted, duplicates, rejected }, 202);
}

/** @returns how many events of the group were new; undefined if the shard could not store them. */
async function append(
  { env }: Configured,
  shard: number,
  group: AcceptedEvents['events'],
): Promise<{ fresh: number | undefined; group: AcceptedEvents['events'] }> {
  const object = env.EVENT_LOG.get(env.EVENT_LOG.idFromName(`shard-${shard}`));
  try {
    const fresh = await object.appendEvents(
      group.map(({ event }) => ({
        key: `${event.rankingId} ${event.eventId}`,
        json: JSON.stringify(event),
      })),
    );
    return { fresh, group };
  } catch (error) {
    console.error(`shard ${shard} could not store ${group.length} events`, error);
    return { fresh: undefined, group };
  }
}
