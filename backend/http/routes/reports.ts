import { createRoute, z } from '@hono/zod-openapi';
import { desc } from 'drizzle-orm';
import { keptReport, writeReport } from '../../reports/keep-monthly-report.ts';
import { parseMonth } from '../../reports/months.ts';
import { reports } from '../../store/tables.ts';
import { anyObject, answer, epochMs, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const list = createRoute({
  method: 'get',
  path: '/v1/reports',
  summary: 'Monthly comparisons of models that were written, newest first',
  responses: {
    200: answer(
      z.object({ reports: z.array(z.object({ month: z.string(), createdAt: epochMs })) }),
      'Months',
    ),
    ...problems,
  },
});

const FORMATS = ['json', 'markdown', 'html'] as const;

const one = createRoute({
  method: 'get',
  path: '/v1/reports/{month}',
  summary: 'A month’s comparison of models; of a month that was not written, as it would be now',
  request: {
    params: z.object({ month: z.string().openapi({ example: '2026-11' }) }),
    query: z.object({
      format: z.enum(FORMATS).optional().openapi({ description: 'Before what Accept prefers' }),
    }),
    headers: z.object({ accept: z.string().optional() }),
  },
  responses: {
    200: {
      description: 'The report; as text/markdown or text/html where asked',
      content: {
        'application/json': { schema: anyObject },
        'text/markdown': { schema: z.string() },
        'text/html': { schema: z.string() },
      },
    },
    ...problems,
  },
});

export const reportRoutes = ({ store, account, nowMs }: Services) =>
  router()
    .openapi(list, async (c) => {
      const rows = await store.db
        .select({ month: reports.month, createdAt: reports.createdAt })
        .from(reports)
        .orderBy(desc(reports.month));
      return c.json({ reports: rows }, 200);
    })
    .openapi(one, async (c) => {
      const month = parseMonth(c.req.valid('param').month, nowMs());
      const written =
        (await keptReport(store, month)) ?? (await writeReport({ store, account }, month, nowMs()));
      const format = c.req.valid('query').format ?? preferred(c.req.header('accept') ?? '');
      switch (format) {
        case 'json':
          return c.json({ ...written.report }, 200);
        case 'markdown':
          return c.body(written.markdown, 200, { 'content-type': 'text/markdown; charset=utf-8' });
        case 'html':
          return c.body(written.html, 200, {
            'content-type': 'text/html; charset=utf-8',
            // Of what is in it, names come from elsewhere: whatever they hold, nothing runs or loads.
            'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            'x-content-type-options': 'nosniff',
          });
        default:
          return format satisfies never;
      }
    });

/** The first of the known types that is named; JSON where none is. */
function preferred(accept: string): (typeof FORMATS)[number] {
  const types = { 'application/json': 'json', 'text/markdown': 'markdown', 'text/html': 'html' };
  for (const entry of accept.split(',')) {
    const type = entry.split(';')[0].trim().toLowerCase();
    if (Object.hasOwn(types, type))
      return types[type as keyof typeof types] as (typeof FORMATS)[number];
  }
  return 'json';
}
