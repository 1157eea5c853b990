import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { shown } from '../../shared/domain/shown.ts';
import { acceptEvents } from '../collect/accept-events.ts';
import { storeAccepted } from '../collect/handle-events.ts';
import { authorize } from '../http/authorize.ts';
import { readJson } from '../http/read-body.ts';
import type { Isolate } from '../isolate.ts';
import type { KeptRanking } from '../platform/durable-objects.ts';
import { keptUnder } from './kept-rankings.ts';
import { logKept } from './log-kept.ts';
import { checkServer, type Handler } from './only-servers.ts';
import { eventIdOf } from './personalizer-rank.ts';

const MAX_BODY_BYTES = 64 * 1024;

/**
 * `POST /personalizer/v1.0/events/{eventId}/reward` `{value}`: 204 once it is stored. The first reward of an event counts, as Personalizer
 * does by default. One of an event that was deferred counts once that is activated.
 */
export const handlePersonalizerReward: Handler = async (request, isolate, ctx) => {
  checkServer(await authorize(request, isolate, 'events', ctx));
  const kept = keptUnder('personalizer', eventIdIn(request), isolate);
  const value = rewardOf(await readJson(request, MAX_BODY_BYTES));
  const ranking = known(await kept.find());
  const waits = ranking.held !== undefined && (await kept.holdReward(value));
  if (!waits) await storeReward(ranking, value, isolate);
  return new Response(null, { status: 204 });
};

/** `POST /personalizer/v1.0/events/{eventId}/activate`: 204 once the decision that was deferred is logged durably. */
export const handlePersonalizerActivate: Handler = async (request, isolate, ctx) => {
  checkServer(await authorize(request, isolate, 'events', ctx));
  const kept = keptUnder('personalizer', eventIdIn(request), isolate);
  const ranking = known(await kept.find());
  if (ranking.held !== undefined) await logKept(ranking.held, ranking, isolate);
  // Also where it is activated again: the first time may have ended before its reward was stored.
  const reward = await kept.release();
  if (reward !== null) await storeReward(ranking, reward, isolate);
  return new Response(null, { status: 204 });
};

/** The address is `…/events/{eventId}/<what is done>`. */
function eventIdIn({ url }: Request): string {
  const encoded = new URL(url).pathname.split('/').at(-2)!;
  try {
    return eventIdOf(decodeURIComponent(encoded));
  } catch (error) {
    throw error instanceof ApiError ? error : invalid('eventId must be percent-encoded UTF-8');
  }
}

function rewardOf(body: unknown): number {
  const { value } = (body ?? {}) as { value?: unknown };
  if (typeof value !== 'number' || !(value >= -1 && value <= 1))
    throw invalid(`value must be a number from 0 to 1, but was ${shown(value)}`);
  if (value < 0)
    throw new ApiError(
      400,
      'negative_reward',
      `value must be 0 to 1, but was ${value}: a reward below 0 is not learned from here; move your rewards into 0 to 1`,
    );
  return value;
}

function known(ranking: KeptRanking | null): KeptRanking {
  if (ranking !== null) return ranking;
  throw new ApiError(
    404,
    'unknown_event',
    'no ranking is kept under this event id: it was never ranked, or it expired',
  );
}

async function storeReward(
  { rankingId, itemIds, token }: KeptRanking,
  value: number,
  isolate: Isolate,
): Promise<void> {
  const nowMs = Date.now();
  const event = {
    eventId: 'reward',
    type: 'reward',
    rankingId,
    itemId: itemIds[0],
    position: 1,
    value,
    timestamp: nowMs,
    token,
  };
  const { rejected } = await storeAccepted(acceptEvents([event], isolate.settings, nowMs), isolate);
  for (const { code, message } of rejected)
    throw new ApiError(code === 'unavailable' ? 503 : 400, code, message);
}
