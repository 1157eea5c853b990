import { Router, type IRequest } from 'itty-router';
import { handleCheck } from './admin/handle-check.ts';
import { handleKv } from './admin/handle-kv.ts';
import { handleEvents } from './collect/handle-events.ts';
import { handleForget } from './collect/handle-forget.ts';
import { handleMetarankFeedback } from './dropin/metarank-feedback.ts';
import { handleMetarankRank } from './dropin/metarank-rank.ts';
import { dropIn, type Handler } from './dropin/only-servers.ts';
import { withPersonalizerErrors } from './dropin/personalizer-error.ts';
import {
  handlePersonalizerActivate,
  handlePersonalizerReward,
} from './dropin/personalizer-feedback.ts';
import { handlePersonalizerRank } from './dropin/personalizer-rank.ts';
import { handleClientScript } from './http/handle-client-script.ts';
import { errorResponse, jsonResponse, notFound } from './http/json-response.ts';
import { handleOpenApi } from './http/openapi.ts';
import type { Span } from '../shared/trace/spans.ts';
import { isolateOf, type Isolate } from './isolate.ts';
import { handleKeys } from './live/handle-keys.ts';
import { handleDeltas } from './live/handle-deltas.ts';
import { countAnswer } from './platform/count-answers.ts';
import type { Env } from './platform/env.ts';
import { handleRank } from './rank/handle-rank.ts';
import { handleRankBatch } from './rank/handle-rank-batch.ts';
import { handleVersion } from './rank/handle-version.ts';
import { handleShopFile } from './shop/handle-shop-file.ts';
import { handleShopItems } from './shop/handle-shop-items.ts';

export { EventLog } from './collect/event-log.ts';
export { TokenKeeper } from './dropin/token-keeper.ts';
export { KeyKeeper } from './live/key-keeper.ts';
export { LiveWeights } from './live/live-weights.ts';
export { SnapshotKeeper } from './live/snapshot-keeper.ts';

const personalizer = (handle: Handler) => dropIn('personalizer', withPersonalizerErrors(handle));

const router = Router<IRequest, [Isolate, ExecutionContext, Span | undefined], Response>({
  before: [(request, isolate) => isolate.crossOrigin.preflight(request)],
  catch: errorResponse,
  finally: [(response: Response, request, isolate) => isolate.crossOrigin.allow(response, request)],
});
router
  .post('/v1/rank', handleRank)
  .post('/v1/rank/batch', handleRankBatch)
  .post('/v1/events', handleEvents)
  .post('/v1/forget', handleForget)
  .get('/client.js', handleClientScript('/client.js'))
  .get('/client.extras.js', handleClientScript('/client.extras.js'))
  .get('/shop', handleShopFile('/shop'))
  .get('/shop/app.js', handleShopFile('/shop/app.js'))
  .get('/shop/style.css', handleShopFile('/shop/style.css'))
  .get('/shop/icon.svg', handleShopFile('/shop/icon.svg'))
  .post('/shop/items', handleShopItems)
  .get('/v1/health', () => jsonResponse({ status: 'ok' }))
  .get('/v1/version', handleVersion)
  .get('/openapi.json', handleOpenApi)
  .post('/v1/live/deltas', handleDeltas)
  .all('/v1/live/keys', handleKeys)
  .all('/v1/kv/*', handleKv)
  .get('/v1/check', handleCheck)
  .post('/personalizer/v1.0/rank', personalizer(handlePersonalizerRank))
  .post('/personalizer/v1.0/events/:eventId/reward', personalizer(handlePersonalizerReward))
  .post('/personalizer/v1.0/events/:eventId/activate', personalizer(handlePersonalizerActivate))
  .post('/rank/:model', dropIn('metarank', handleMetarankRank))
  .post('/feedback', dropIn('metarank', handleMetarankFeedback))
  .all('*', (request) => errorResponse(notFound(request)));

/**
 * Rankings go past the router, which parses every address into an URL and tries the routes in turn: together a thirtieth of what a
 * ranking takes. An address with a query takes the way through it.
 */
const isRanking = ({ method, url }: Request): boolean =>
  method === 'POST' &&
  url.endsWith('/v1/rank') &&
  url.indexOf('/', 'https://'.length) === url.length - '/v1/rank'.length;

async function ranking(
  request: Request,
  isolate: Isolate,
  ctx: ExecutionContext,
  trace: Span | undefined,
): Promise<Response> {
  const { allowedOrigins } = isolate.settings;
  try {
    const response = await handleRank(request, isolate, ctx, trace);
    // Its headers say so already, and each call to change them costs as much as checking the key.
    if (allowedOrigins !== '*') isolate.crossOrigin.allow(response, request);
    return response;
  } catch (error) {
    const response = errorResponse(error);
    isolate.crossOrigin.allow(response, request);
    return response;
  }
}

function answer(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> {
  try {
    const isolate = isolateOf(env);
    const { tracing } = isolate;
    const trace = tracing?.begin(request);
    const answered = isRanking(request)
      ? ranking(request, isolate, ctx, trace)
      : router.fetch(request, isolate, ctx, trace);
    return trace === undefined ? answered : tracing!.ended(trace, answered, ctx);
  } catch (error) {
    return errorResponse(error);
  }
}

export default {
  fetch(request, env, ctx): Response | Promise<Response> {
    const { ANSWERS } = env;
    return ANSWERS === undefined
      ? answer(request, env, ctx)
      : countAnswer(ANSWERS, request, Date.now(), answer(request, env, ctx));
  },
} satisfies ExportedHandler<Env>;
