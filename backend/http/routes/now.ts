import { createRoute, z } from '@hono/zod-openapi';
import { readTraffic, type Traffic } from '../../monitor/traffic.ts';
import {
  percentileOf,
  readLatencyHours,
  readTimings,
  type LatencyHour,
} from '../../monitor/visitor-latency.ts';
import {
  answer,
  epochMs,
  objectOf,
  problems,
  queryNumber,
  router,
  windowStart,
} from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const MINUTE_MS = 60_000;
/** Everybody who looks at the same moment shares one reading. */
const FRESH_MS = 3000;
const SPANS = 60;

const waited = {
  timings: z.number().openapi({ description: 'Rankings whose page said how long it waited' }),
  late: z.number().openapi({ description: 'Of those: the page had given up on it' }),
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
};

const now = createRoute({
  method: 'get',
  path: '/v1/now',
  summary: 'What came in lately, by the log, and how the edge answers this backend’s probe',
  request: { query: z.strictObject({ minutes: queryNumber(10, 1440).default(60) }) },
  responses: {
    200: answer(
      z.object({
        traffic: objectOf<Traffic>('In 60 spans of one length'),
        latency: z
          .object(waited)
          .openapi({ description: 'What visitors waited, ms, as pages timed it' }),
        probes: z
          .array(
            z.object({
              at: epochMs,
              tookMs: z.number(),
              problem: z.string().optional(),
              weights: z.string().optional(),
              degraded: z.boolean().optional(),
              cache: z.object({ hits: z.number(), misses: z.number() }).optional().openapi({
                description:
                  'Rankings of the isolate that answered, by whether their best rows were kept from an earlier one',
              }),
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

const latency = createRoute({
  method: 'get',
  path: '/v1/latency',
  summary: 'How long visitors waited for rankings, by hour, as pages timed it',
  request: {
    query: z.strictObject({
      from: windowStart('from').optional().openapi({
        description: 'Hours from then on (epoch milliseconds or an ISO date); default a week ago',
      }),
    }),
  },
  responses: {
    200: answer(
      z.object({
        hours: z.array(z.object({ hour: epochMs, ...waited })),
      }),
      'Oldest first, 1,000 at most; an hour belongs to when the edge received what pages said',
    ),
    ...problems,
  },
});

interface Lately {
  readonly traffic: Traffic;
  readonly latency: Omit<LatencyHour, 'hour'>;
}

const WEEK_MS = 7 * 24 * 60 * MINUTE_MS;
const MAX_HOURS = 1000;

export const nowRoutes = ({ store, account, edgeProbe, nowMs }: Services) => {
  const known = new Map<number, { readonly at: number; readonly lately: Promise<Lately> }>();
  const latelyIn = (minutes: number) => {
    const found = known.get(minutes);
    const at = nowMs();
    if (found !== undefined && Math.abs(at - found.at) < FRESH_MS) return found.lately;
    const spanMs = Math.ceil((minutes * MINUTE_MS) / SPANS / 1000) * 1000;
    // What of the feedback counts is known once the account has judged it.
    const lately = account.update().then(async () => {
      const traffic = await readTraffic(store, { to: at + 1, spans: SPANS, spanMs });
      const timings = await readTimings(store, traffic);
      const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentileOf(timings, share));
      return { traffic, latency: { timings: timings.timings, late: timings.late, p50, p95, p99 } };
    });
    known.set(minutes, { at, lately });
    lately.catch(() => known.delete(minutes));
    return lately;
  };
  return router()
    .openapi(now, async (c) => {
      const lately = await latelyIn(c.req.valid('query').minutes);
      return c.json({ ...lately, probes: [...edgeProbe.probes()] }, 200);
    })
    .openapi(latency, async (c) => {
      const to = nowMs() + 1;
      const from = c.req.valid('query').from ?? to - WEEK_MS;
      const hours = await readLatencyHours(store, { from, to });
      return c.json({ hours: hours.slice(-MAX_HOURS) }, 200);
    });
};
