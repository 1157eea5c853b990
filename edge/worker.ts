import { Router, type IRequest } from 'itty-router';
import { handleKv } from './admin/handle-kv.ts';
import { handleEvents } from './collect/handle-events.ts';
import type { Env } from './env.ts';
import { answer, answerError, notFound } from './http/answer.ts';
import { isolateOf, type Isolate } from './isolate.ts';
import { handleDeltas } from './live/handle-deltas.ts';
import { handleRank } from './rank/handle-rank.ts';
import { handleVersion } from './rank/handle-version.ts';

export { EventLog } from './collect/event-log.ts';
export { LiveWeights } from './live/live-weights.ts';

const router = Router<IRequest, [Isolate, ExecutionContext], Response>({
  before: [(request, isolate) => isolate.crossOrigin.preflight(request)],
  catch: answerError,
  finally: [(response: Response, request, isolate) => isolate.crossOrigin.allow(response, request)],
});
router
  .post('/v1/rank', handleRank)
  .post('/v1/events', handleEvents)
  .get('/v1/health', () => answer({ status: 'ok' }))
  .get('/v1/version', handleVersion)
  .post('/v1/live/deltas', handleDeltas)
  .all('/v1/kv/*', handleKv)
  .all('*', (request) => answerError(notFound(request)));

export default {
  fetch(request, env, ctx): Response | Promise<Response> {
    try {
      return router.fetch(request, isolateOf(env), ctx);
    } catch (error) {
      return answerError(error);
    }
  },
} satisfies ExportedHandler<Env>;
