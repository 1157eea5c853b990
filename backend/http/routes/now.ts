import { createRoute, z } from '@hono/zod-openapi';
import { readTraffic, type Traffic } from '../../monitor/traffic.ts';
import { answer, epochMs, objectOf, problems, queryNumber, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const MINUTE_MS = 60_000;
/** Everybody who looks at the same moment shares one reading. */
const FRESH_MS = 3000;
const SPANS = 60;

const now = createRoute({
  method: 'get',
  path: '/v1/now',
  summary: 'What came in lately, by the log, and how the edge answers this backend’s probe',
  request: { query: z.strictObject({ minutes: queryNumber(10, 1440).default(60) }) },
  responses: {
    200: answer(
      z.object({
        traffic: objectOf<Traffic>('In 60 spans of one length'),
        probes: z
          .array(
            z.object({
              at: epochMs,
              tookMs: z.number(),
              problem: z.string().optional(),
              weights: z.string().optional(),
              degraded: z.boolean().optional(),
            }),
          )
          .readonly()
          .openapi({ description: 'Of this backend, since it started; oldest first' }),
      }),
      'Counts of the log lag behind the edge by as much as batches take',
    ),
    ...problems,
  },
});

export const nowRoutes = ({ store, account, edgeProbe, nowMs }: Services) => {
  const known = new Map<number, { readonly at: number; readonly traffic: Promise<Traffic> }>();
  const trafficOf = (minutes: number) => {
    const found = known.get(minutes);
    const at = nowMs();
    if (found !== undefined && Math.abs(at - found.at) < FRESH_MS) return found.traffic;
    const spanMs = Math.ceil((minutes * MINUTE_MS) / SPANS / 1000) * 1000;
    // What of the feedback counts is known once the account has judged it.
    const traffic = account
      .update()
      .then(() => readTraffic(store, { to: at + 1, spans: SPANS, spanMs }));
    known.set(minutes, { at, traffic });
    traffic.catch(() => known.delete(minutes));
    return traffic;
  };
  return router().openapi(now, async (c) => {
    const traffic = await trafficOf(c.req.valid('query').minutes);
    return c.json({ traffic, probes: [...edgeProbe.probes()] }, 200);
  });
};
