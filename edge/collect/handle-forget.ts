import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { NO_SESSION, type RankingId } from '../../shared/domain/ids.ts';
import { verifyToken, type TokenClaims } from '../../shared/domain/token.ts';
import { erasureJson, MAX_TOKENS } from '../../shared/format/erasure.ts';
import { authorize, type Guarded } from '../http/authorize.ts';
import { jsonResponse } from '../http/json-response.ts';
import { requestsFor, type RateLimited } from '../http/rate-limits.ts';
import { readSizedJson } from '../http/read-body.ts';
import type { EventEntry } from '../platform/durable-objects.ts';
import type { Configured } from '../platform/settings.ts';
import { byShard, shardKeyOf } from './shard.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const RETRY_AFTER_S = 1;
/** Whoever has a token may have its session erased, however old it is. */
const NEVER_EXPIRED = 0;

/**
 * `POST /v1/forget` `{tokens}`: erases what was logged of the sessions that the tokens are of, while nobody was logged in. It answers 202 once the
 * erasure is stored durably; the backend carries it out when it is shipped.
 */
export async function handleForget(
  request: Request,
  isolate: Configured & Guarded & RateLimited,
  ctx: ExecutionContext,
): Promise<Response> {
  const { env, settings, rateLimits } = isolate;
  const role = await authorize(request, isolate, 'events', ctx);
  await rateLimits.checkCaller('events', request, role);
  const { body, characters } = await readSizedJson(request, MAX_BODY_BYTES);
  const tokens = tokensOf(body);
  const more = requestsFor({ events: tokens.length, characters }) - 1;
  if (more > 0) await rateLimits.checkCaller('events', request, role, more);
  const nowMs = Date.now();
  const erased = new Map<string, TokenClaims>();
  let unknown = 0;
  for (const token of tokens) {
    try {
      const { claims } = verifyToken(token, settings.tokenSecrets, NEVER_EXPIRED);
      // Tokens of before there were placements state ids in clear, and have expired long since.
      if (claims.sessionId !== NO_SESSION && claims.placement !== undefined)
        erased.set(claims.sessionId, claims);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      unknown++;
    }
  }
  const shards = byShard([...erased.values()], shardKeyOf, settings.eventShards);
  try {
    await Promise.all(
      [...shards].map(([shard, group]) =>
        env.EVENT_LOG.get(env.EVENT_LOG.idFromName(`shard-${shard}`)).storeEvents(
          group.map((claims) => entryOf(claims, nowMs)),
        ),
      ),
    );
  } catch (error) {
    console.error('an erasure could not be stored', error);
    throw new ApiError(
      503,
      'unavailable',
      'the erasure could not be stored: send it again',
      undefined,
      RETRY_AFTER_S,
    );
  }
  return jsonResponse({ sessions: erased.size, unknown }, 202);
}

function tokensOf(body: unknown): readonly string[] {
  const tokens = (body as { tokens?: unknown } | null)?.tokens;
  const isList =
    Array.isArray(tokens) &&
    tokens.length > 0 &&
    tokens.length <= MAX_TOKENS &&
    tokens.every((token) => typeof token === 'string');
  if (isList) return tokens;
  throw invalid(`the body must be {tokens}, a list of 1 to ${MAX_TOKENS} tokens of rankings`);
}

/**
 * Counted apart from the events of its ranking, so that no number of those keeps it out. Keys are kept for days: this one names a
 * ranking, which is deleted, and not its session.
 */
const entryOf = (claims: TokenClaims, nowMs: number): EventEntry => ({
  key: `erase ${claims.rankingId} ${nowMs}`,
  rankingId: `erase ${claims.rankingId}` as RankingId,
  kind: 'erase',
  json: erasureJson(claims, nowMs),
});
