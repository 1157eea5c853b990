import { createRoute, z } from '@hono/zod-openapi';
import { IDENTITY_HEADER } from '../../../shared/domain/identity.ts';
import { SIGNATURE_HEADER, verifyBody } from '../../../shared/domain/ingest-signature.ts';
import { ingestBatchFromBytes, type IngestBatch } from '../../../shared/format/ingest-bytes.ts';
import { ApiError } from '../../../shared/domain/errors.ts';
import { ADMISSION, admission } from '../../log/ingest/admission.ts';
import { batchLagMs } from '../../log/ingest/batch-lag.ts';
import { rekeyBatch } from '../../log/identity/rekey-batch.ts';
import { ingest } from '../../log/ingest/ingest.ts';
import type { Metrics } from '../../process/metrics.ts';
import { traceOf } from '../../process/trace-of.ts';
import { answer, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const post = createRoute({
  method: 'post',
  path: '/v1/ingest',
  summary: 'A sealed batch of decisions and events from the edge: signed, and idempotent',
  request: {
    headers: z.object({
      [SIGNATURE_HEADER]: z.string().optional(),
      [IDENTITY_HEADER]: z.string().max(64).optional(),
    }),
    body: { content: { 'application/octet-stream': { schema: z.unknown() } } },
  },
  responses: {
    200: answer(
      z.object({
        batchId: z.string(),
        decisions: z.number(),
        events: z.number(),
        duplicate: z.boolean(),
      }),
      'Committed to disk; the counts are of new rows',
    ),
    ...problems,
  },
});

export const ingestRoutes = ({
  store,
  metrics,
  ingestSecrets,
  identity,
  edgeKey,
  tracing,
  nowMs,
  log,
}: Services) => {
  const { admit } = admission(ADMISSION, (error) =>
    log(`a batch that was refused for being late failed: ${traceOf(error)}`),
  );
  return router().openapi(post, async (c) => {
    const body = new Uint8Array(await c.req.arrayBuffer());
    let batch: IngestBatch;
    try {
      verifyBody(c.req.header(SIGNATURE_HEADER), body, ingestSecrets, nowMs());
      batch = rekeyBatch(ingestBatchFromBytes(body, true), identity[0]);
    } catch (error) {
      metrics.add('trimtab_ingest_refused_total', 1);
      throw error;
    }
    // Whose header it is, the signature of the body has shown.
    edgeKey.seen(c.req.header(IDENTITY_HEADER));
    try {
      // Counted with the work, as it may be done after its batch was refused for being late.
      const done = await admit(async () => {
        const stored = await tracing.within('ingest', async (span) => {
          const ingested = await ingest(store, batch, nowMs());
          const { decisions, events, duplicate } = ingested;
          span?.set({
            'trimtab.decisions': decisions,
            'trimtab.events': events,
            'trimtab.duplicate': duplicate,
          });
          return ingested;
        });
        count(metrics, batch, stored, nowMs());
        return stored;
      });
      return c.json(done, 200);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'busy')
        metrics.add('trimtab_ingest_busy_total', 1);
      throw error;
    }
  });
};

function count(
  metrics: Metrics,
  batch: IngestBatch,
  done: { decisions: number; events: number; duplicate: boolean },
  nowMs: number,
): void {
  if (done.duplicate) return metrics.add('trimtab_ingest_duplicate_batches_total', 1);
  metrics.add('trimtab_ingest_batches_total', 1);
  metrics.add('trimtab_ingest_rows_total', done.decisions, { table: 'decisions' });
  metrics.add('trimtab_ingest_rows_total', done.events, { table: 'events' });
  const corrected = batch.events.filter(({ clockOffsetMs }) => clockOffsetMs !== undefined).length;
  metrics.add('trimtab_ingest_corrected_clocks_total', corrected);
  metrics.add('trimtab_ingest_lost_decisions_total', batch.lost ?? 0);
  metrics.set('trimtab_ingest_last_batch_timestamp_ms', nowMs);
  const lagMs = batchLagMs(batch, nowMs);
  if (lagMs !== undefined) metrics.set('trimtab_ingest_lag_ms', lagMs);
}
