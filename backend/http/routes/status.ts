import { createRoute, z } from '@hono/zod-openapi';
import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { listAlerts } from '../../monitor/list-alerts.ts';
import { shownSnapshot } from '../../catalogue/snapshot-publisher.ts';
import { isSameSchema } from '../../rollouts/apply-schema.ts';
import { ROLES } from '../../scheduler/roles.ts';
import { readLearners } from '../../runs/online/learner-rows.ts';
import { logRowCounts } from '../../log/row-counts.ts';
import { audit, items, weights } from '../../store/tables.ts';
import { liveWeights, liveWeightsShape } from '../contract/live-weights.ts';
import {
  liveLineages,
  liveLineageShape,
  waitingLineages,
  waitingLineageShape,
} from '../contract/lineages.ts';
import { anyObject, answer, epochMs, problems, queryNumber, router } from '../contract/openapi.ts';
import { feedAnswers, feedShape } from './feed-shapes.ts';
import { runAnswer, runShape } from './run-shapes.ts';
import type { Services } from '../contract/services.ts';

const counts = z.object({
  items: z.number(),
  decisions: z.number(),
  events: z.number(),
  outcomes: z.number(),
  weights: z.number(),
});

/** The catalogue's pointer, as the publisher stored it. */
const snapshot = z
  .object({ hash: z.string(), items: z.number(), since: epochMs })
  .loose()
  .openapi('LiveSnapshot');

const status = createRoute({
  method: 'get',
  path: '/v1/status',
  summary: 'What is live and since when, what is stored, and which problems there are',
  responses: {
    200: answer(
      z
        .object({
          weights: liveWeightsShape.nullable(),
          placements: z
            .array(liveLineageShape)
            .openapi({ description: 'What is live at placements with a lineage of their own' }),
          placementsWaiting: z.array(waitingLineageShape).openapi({
            description:
              'Placements that the configuration gives a lineage of their own, and that have none yet',
          }),
          configuredSchema: z
            .object({ name: z.string(), hash: z.string(), isLive: z.boolean() })
            .nullable()
            .openapi({
              description:
                'What the configuration file names; POST /v1/schema makes it live where it is not',
            }),
          snapshot: snapshot.nullable(),
          problems: z
            .array(z.string())
            .openapi({ description: 'What keeps the edge from being up to date' }),
          alerts: z
            .array(z.object({ kind: z.string(), message: z.string(), openedAt: epochMs }))
            .openapi({ description: 'Open ones, the newest 20 first' }),
          counts,
          roles: z.array(z.enum(ROLES)).openapi({ description: 'What this backend does' }),
          backends: z
            .array(z.object({ backend: z.string(), roles: z.array(z.enum(ROLES)) }))
            .openapi({ description: 'All that are alive on this database, this one too' }),
          feeds: z.array(feedShape).openapi({ description: 'Those of the catalogue' }),
          ingest: z.object({
            lastBatchAt: epochMs.nullable(),
            lagMs: z.number().nullable(),
            batches: z.number(),
            duplicateBatches: z.number(),
          }),
          training: z.object({
            running: z.string().nullable(),
            last: runShape.nullable(),
            nextAt: epochMs.nullable(),
          }),
          learning: z
            .array(
              z.object({
                arm: z.string(),
                version: z.string(),
                since: epochMs,
                rankings: z.number(),
                rewarded: z.number(),
                changed: z.number().openapi({ description: 'Weights that learning has changed' }),
                atLimit: z.number().openapi({
                  description: 'Those of them changed as far as `trustRegion` lets them',
                }),
                stopped: z.string().nullable(),
              }),
            )
            .openapi({
              description:
                'What each arm has learned as people click since its version went live, or why that was dropped',
            }),
          learningWaits: z
            .array(
              z.object({
                arm: z.string(),
                version: z.string(),
                rewarded: z.number(),
                minimum: z.number(),
              }),
            )
            .openapi({
              description:
                'Arms that learn nothing yet: of each, how many rankings with a reward it has and must have. The backend that leads knows',
            }),
        })
        .openapi('Status'),
      'Status; the counts of ingest are since this backend started',
    ),
    ...problems,
  },
});

const log = createRoute({
  method: 'get',
  path: '/v1/audit',
  summary: 'Changes of what is live and who made them, newest first',
  request: {
    query: z.strictObject({
      limit: queryNumber(1, 500).default(50),
      before: queryNumber(0, Number.MAX_SAFE_INTEGER).optional(),
      actor: z.string().max(80).optional().openapi({ description: 'Only what they did' }),
      text: z.string().max(80).optional().openapi({
        description: 'Only entries whose action, subject or details hold it',
      }),
    }),
  },
  responses: {
    200: answer(
      z.object({
        entries: z.array(
          z.object({
            id: z.number(),
            at: epochMs,
            actor: z.string(),
            action: z.string(),
            subject: z.string(),
            details: anyObject,
          }),
        ),
        next: z.number().optional().openapi({ description: 'Give it as `before`' }),
      }),
      'A page',
    ),
    ...problems,
  },
});

export const statusRoutes = (services: Services) => {
  const { store, metrics, trainer, nextTrainingAt } = services;
  return router()
    .openapi(status, async (c) => {
      const last = await trainer.last();
      return c.json(
        {
          weights: await liveWeights(store),
          placements: await liveLineages(store, Object.keys(services.placements)),
          placementsWaiting: await waitingLineages(
            store,
            Object.keys(services.placements),
            services.lineageProblems(),
          ),
          configuredSchema: await configuredSchemaOf(services),
          snapshot: ((await shownSnapshot(store)) ?? null) as z.infer<typeof snapshot> | null,
          problems: await services.problems(),
          alerts: (await listAlerts(store, { all: false, limit: 20 })).map(
            ({ kind, message, openedAt }) => ({ kind, message, openedAt }),
          ),
          counts: await countRows(services),
          roles: [...services.roles],
          backends: (await services.backends()).map(({ backend, roles }) => ({
            backend,
            roles: [...roles],
          })),
          feeds: await feedAnswers(services),
          ingest: {
            lastBatchAt: metrics.get('trimtab_ingest_last_batch_timestamp_ms') ?? null,
            lagMs: metrics.get('trimtab_ingest_lag_ms') ?? null,
            batches: metrics.get('trimtab_ingest_batches_total') ?? 0,
            duplicateBatches: metrics.get('trimtab_ingest_duplicate_batches_total') ?? 0,
          },
          training: {
            running: trainer.running() ?? null,
            last: last === undefined ? null : runAnswer(last),
            nextAt: nextTrainingAt(),
          },
          learning: (await readLearners(store)).map(
            ({ arm, version, startedAt, slates, rewarded, changed, atLimit, why }) => ({
              arm,
              version,
              since: startedAt,
              rankings: slates,
              rewarded,
              changed,
              atLimit,
              stopped: why,
            }),
          ),
          learningWaits: [...services.onlineLearning.waiting()],
        },
        200,
      );
    })
    .openapi(log, async (c) => {
      const { limit, before, actor, text } = c.req.valid('query');
      const rows = await store.db
        .select()
        .from(audit)
        .where(
          and(
            before === undefined ? undefined : lt(audit.id, before),
            actor === undefined ? undefined : eq(audit.actor, actor),
            text === undefined
              ? undefined
              : sql`instr(lower(${audit.action} || ' ' || ${audit.subject} || ' ' || ${audit.details}), ${text.toLowerCase()}) > 0`,
          ),
        )
        .orderBy(desc(audit.id))
        .limit(limit);
      return c.json(
        { entries: rows, ...(rows.length === limit && { next: rows.at(-1)!.id }) },
        200,
      );
    });
};

async function configuredSchemaOf({ configuredSchema, liveSchema }: Services) {
  if (configuredSchema === undefined) return null;
  const { name, hash } = configuredSchema;
  return { name, hash, isLive: isSameSchema(configuredSchema, await liveSchema()) };
}

const countOf = (table: typeof items | typeof weights) =>
  sql<number>`(select count(*) from ${table})`;

async function countRows({ store }: Services): Promise<z.infer<typeof counts>> {
  const [row] = await store.db.all<Record<'items' | 'weights', number>>(
    sql`select ${countOf(items)} as items, ${countOf(weights)} as weights`,
  );
  return { ...row, ...(await logRowCounts(store)) };
}
