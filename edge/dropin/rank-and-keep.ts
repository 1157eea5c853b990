import { ApiError } from '../../shared/domain/errors.ts';
import type { GivenId } from '../../shared/domain/ids.ts';
import type { RankAnswer } from '../../shared/score/rank-answer.ts';
import { decisionBytes, type DecisionLog } from '../collect/decision-log.ts';
import { requestsFor } from '../http/rate-limits.ts';
import type { Isolate } from '../isolate.ts';
import { rankOnce, type Caller, type Drawing } from '../rank/handle-rank.ts';
import type { KeptUnder } from './kept-rankings.ts';
import { logKept } from './log-kept.ts';

/** How a ranking is asked for in our own form, and answered in another one. */
export interface Asked {
  readonly caller: Caller;
  /** As `POST /v1/rank` takes it. */
  readonly body: object;
  readonly characters: number;
  /** Whether its decision is logged only once it is activated. */
  readonly isDeferred?: boolean;
  /** What is answered, as JSON. @param drawing how the slate was drawn. @throws ApiError where the ranking is of no use. */
  readonly answerOf: (answer: RankAnswer, drawing: Drawing) => string;
}

/**
 * Ranks, and keeps the token under the site's id before anything is answered or logged: feedback on it may be the next request. Who asks
 * the same again under one id is told the same again, and there is one decision: whoever kept the ranking may not have heard that it is kept,
 * and then has neither answered nor logged it, so that it is logged before it is answered.
 * @returns the answer. @throws ApiError 409 where the id is that of another ranking; as `rankOnce`.
 */
export async function rankAndKeep(
  { caller, body, characters, isDeferred = false, answerOf }: Asked,
  kept: KeptUnder,
  isolate: Isolate,
  ctx: ExecutionContext,
): Promise<string> {
  const nowMs = Date.now();
  let logged: Parameters<DecisionLog['add']> | undefined;
  let drawing: Drawing | undefined;
  const answer = await rankOnce(
    body,
    { ...caller, counted: requestsFor({ characters }), nowMs },
    {
      ...isolate,
      decisions: {
        add: (...given) => (logged = given),
        isFarBehind: isolate.decisions.isFarBehind,
      },
    },
    ctx,
    (how) => (drawing = how),
  );
  const text = answerOf(answer, drawing!);
  // Keyed, as it is about whom the ranking is for; by each key that there is while they are rotated. Written only now: what was ranked is known
  // not to be nested deeper than can be written.
  const asked = isolate.settings.identity.map((key) =>
    key.sessionId(`asked ${JSON.stringify(body)}` as GivenId),
  );
  const [decision, deferred] = logged!;
  const earlier = await kept.keep({
    rankingId: answer.rankingId,
    token: answer.token,
    itemIds: decision.itemIds,
    at: nowMs,
    asked: asked[0],
    answer: text,
    ...(isDeferred
      ? { held: decisionBytes(decision, deferred) }
      : { unlogged: decisionBytes(decision, { ...deferred, scoreShadow: undefined }) }),
    expiresAt: nowMs + isolate.settings.tokenTtlMs,
  });
  if (earlier !== null) {
    if ((asked as readonly string[]).includes(earlier.asked)) {
      if (earlier.unlogged !== undefined) {
        await logKept(earlier.unlogged, earlier, isolate);
        ctx.waitUntil(kept.logged(earlier.rankingId));
      }
      return earlier.answer;
    }
    throw new ApiError(
      409,
      'id_in_use',
      'the id is that of another ranking, whose items or features were others: give each its own',
    );
  }
  if (!isDeferred) {
    isolate.decisions.add(...logged!);
    ctx.waitUntil(kept.logged(answer.rankingId));
  }
  return text;
}
