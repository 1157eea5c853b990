import { createRoute, z } from '@hono/zod-openapi';
import { desc } from 'drizzle-orm';
import { storedReport, writeReport } from '../../reports/store-monthly-report.ts';
import { parseMonth } from '../../reports/months.ts';
import type { MonthlyReport } from '../../reports/report-shape.ts';
import { reports } from '../../store/tables.ts';
import { answer, epochMs, objectOf, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const list = createRoute({
  method: 'get',
  path: '/v1/reports',
  summary: 'Monthly comparisons of models, newest first',
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
  summary: 'A month’s comparison of models; computed now where none was stored',
  request: {
    params: z.object({ month: z.string().openapi({ example: '2026-11' }) }),
    query: z.strictObject({
      format: z.enum(FORMATS).optional().openapi({ description: 'Takes precedence over Accept' }),
    }),
    headers: z.object({ accept: z.string().optional() }),
  },
  responses: {
    200: {
      description: 'The report; as text/markdown or text/html where asked',
      content: {
        'application/json': { schema: objectOf<MonthlyReport>('The report') },
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
        (await storedReport(store, month)) ??
        (await writeReport({ store, account }, month, nowMs()));
      const format = c.req.valid('query').format ?? preferred(c.req.header('accept') ?? '');
      switch (format) {
        case 'json':
          return c.json(written.report, 200);
        case 'markdown':
          return c.body(written.markdown, 200, { 'content-type': 'text/markdown; charset=utf-8' });
        case 'html':
          return c.body(written.html, 200, {
            'content-type': 'text/html; charset=utf-8',
            // Names in the report come from outside: whatever they hold, nothing runs and nothing is loaded.
            'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            'x-content-type-options': 'nosniff',
          });
        default:
          return format satisfies never;
      }
    });

/** The first known type that `Accept` names; JSON where it names none. */
function preferred(accept: string): (typeof FORMATS)[number] {
  const types = { 'application/json': 'json', 'text/markdown': 'markdown', 'text/html': 'html' };
  for (const entry of accept.split(',')) {
    const type = entry.split(';')[0].trim().toLowerCase();
    if (Object.hasOwn(types, type))
      return types[type as keyof typeof types] as (typeof FORMATS)[number];
  }
  return 'json';
}
