import { createRoute, z } from '@hono/zod-openapi';
import { sql } from 'drizzle-orm';
import { answer, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const KINDS = [
  'version',
  'experiment',
  'rollout',
  'run',
  'ranking',
  'item',
  'alert',
  'audit',
] as const;
const EACH = 5;

const search = createRoute({
  method: 'get',
  path: '/v1/search',
  summary:
    'Versions, experiments, rollouts, runs, rankings, items, alerts and audit entries that hold a text',
  request: { query: z.strictObject({ q: z.string().min(1).max(128) }) },
  responses: {
    200: answer(
      z.object({
        found: z.array(
          z.object({
            kind: z.enum(KINDS),
            id: z.string(),
            title: z.string(),
            detail: z.string(),
          }),
        ),
      }),
      'A few of each kind, the newest first',
    ),
    ...problems,
  },
});

export const searchRoutes = ({ store }: Services) =>
  router().openapi(search, async (c) => {
    const q = c.req.valid('query').q.trim().toLowerCase();
    const has = (text: ReturnType<typeof sql>) => sql`instr(lower(${text}), ${q}) > 0`;
    const limit = sql`limit ${EACH}`;
    type Found = { kind: (typeof KINDS)[number]; id: string; title: string; detail: string };
    const found = await store.db.all<Found>(sql`
      select * from (select 'version' as kind, version as id, version as title, name as detail
        from weights where ${has(sql`version || ' ' || name`)} order by createdAt desc ${limit})
      union all select * from (select 'experiment', id, name, status
        from experiments where kind = 'experiment' and ${has(sql`id || ' ' || name`)} order by createdAt desc ${limit})
      union all select * from (select 'rollout', id, challenger || ' against ' || champion, stage
        from rollouts where ${has(sql`id || ' ' || challenger`)} order by createdAt desc ${limit})
      union all select * from (select 'run', id, id, status || coalesce(', ' || version, '')
        from runs where ${has(sql`id || ' ' || coalesce(version, '')`)} order by startedAt desc ${limit})
      union all select * from (select 'ranking', rankingId, rankingId, 'ranked by ' || weights
        from decisions where rankingId = ${q} ${limit})
      union all select * from (select 'item', id, id, 'of the catalogue'
        from items where id >= ${q} and id < ${`${q}\u{10FFFF}`} order by id ${limit})
      union all select * from (select 'alert', cast(id as text), kind, message
        from alerts where ${has(sql`kind || ' ' || message`)} order by id desc ${limit})
      union all select * from (select 'audit', cast(id as text), action || ' ' || subject, 'by ' || actor
        from audit where ${has(sql`action || ' ' || subject || ' ' || actor`)} order by id desc ${limit})`);
    return c.json({ found }, 200);
  });
