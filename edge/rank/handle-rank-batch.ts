import type { Span } from '../../shared/trace/spans.ts';
import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { shown } from '../../shared/domain/shown.ts';
import type { Guarded } from '../http/authorize.ts';
import { errorResponse, jsonResponse } from '../http/json-response.ts';
import { requestsFor, type RateLimited } from '../http/rate-limits.ts';
import { readSizedJson } from '../http/read-body.ts';
import { callerOf, MAX_BODY_BYTES, rankOnce } from './handle-rank.ts';
import type { RankState } from './rank-state.ts';

const MAX_REQUESTS = 100;
/** Other requests that arrive meanwhile wait for so many rankings at most. */
const RANKED_AT_ONCE = 8;

/** What `POST /v1/rank` answers to one of the requests. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Only with status 429 or 503: the header of this name, in seconds. */
  readonly retryAfter?: number;
}

/**
 * `POST /v1/rank/batch`: `{requests: [rank request, …]}`, 1 to 100 of them in a body of at most 1 MiB, as one page or one mailing needs
 * them. The answer is `{answers: [{status, body, retryAfter?}, …]}` in their order, each with what `POST /v1/rank` would answer: a ranking with
 * its own id, token and decision, or an error, which is of that request alone. Headers hold for all of them. Each counts
 * as a request of its session, and all of them as requests of the key and the address.
 * @throws ApiError where none of them is ranked: 400, 401, 403, 413, and 429 by key or address.
 */
export async function handleRankBatch(
  request: Request,
  state: RankState & Guarded & RateLimited,
  ctx: ExecutionContext,
  trace?: Span,
): Promise<Response> {
  const caller = await callerOf(request, state, ctx);
  const { body, characters } = await readSizedJson(request, MAX_BODY_BYTES);
  const requests = requestsOf(body);
  const ofBody = requestsFor({ characters });
  // A body that counts as one has no request that counts as more.
  const counts = requests.map((one) =>
    ofBody === 1 ? 1 : requestsFor({ characters: lengthOf(one) ?? characters }),
  );
  // What lies between the requests was read as well.
  const counted = Math.max(
    ofBody,
    counts.reduce((sum, count) => sum + count),
  );
  if (counted > 1) await state.rateLimits.checkCaller('rank', request, caller.role, counted - 1);
  const nowMs = Date.now();
  const answers: Answer[] = [];
  for (const [i, one] of requests.entries()) {
    if (i > 0 && i % RANKED_AT_ONCE === 0) await othersFirst();
    answers.push(
      await answerOf(() =>
        rankOnce(one, { ...caller, counted: counts[i], nowMs, trace }, state, ctx),
      ),
    );
  }
  return jsonResponse({ answers });
}

function requestsOf(body: unknown): readonly unknown[] {
  const { requests, ...others } = (typeof body === 'object' && body !== null ? body : {}) as Record<
    string,
    unknown
  >;
  if (!Array.isArray(requests) || requests.length < 1 || requests.length > MAX_REQUESTS)
    throw invalid(
      `requests must be a list of 1 to ${MAX_REQUESTS} rank requests, but ${Array.isArray(requests) ? `had ${requests.length}` : `was ${shown(requests)}`}`,
    );
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw invalid(`a batch has no field ${shown(unknown)}: put it into each of its requests`);
  return requests;
}

/**
 * As JSON. Writing it is recursive where reading it is not.
 * @returns undefined where the request is nested deeper than can be written.
 */
function lengthOf(request: unknown): number | undefined {
  try {
    return JSON.stringify(request).length;
  } catch {
    return undefined;
  }
}

async function answerOf(rank: () => Promise<unknown>): Promise<Answer> {
  try {
    return { status: 200, body: await rank() };
  } catch (error) {
    const response = errorResponse(error);
    const retryAfter = error instanceof ApiError ? error.retryAfterS : undefined;
    return {
      status: response.status,
      body: await response.json(),
      ...(retryAfter !== undefined && { retryAfter }),
    };
  }
}

/** Lets what is waiting have its turn. */
const othersFirst = () =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, 0);
  });
