import { createRoute, z } from '@hono/zod-openapi';
import { IDENTITY_HEADER } from '../../../shared/domain/identity.ts';
import { SIGNATURE_HEADER, verifyBody } from '../../../shared/domain/ingest-signature.ts';
import { ingestBatchFromBytes, type IngestBatch } from '../../../shared/format/ingest-bytes.ts';
import { ApiError } from '../../../shared/domain/errors.ts';
import { ADMISSION, admission } from '../../log/ingest/admission.ts';
import { rekeyBatch } from '../../log/identity/rekey-batch.ts';
import { takeInBy } from '../../log/ingest/take-in.ts';
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
  const takeIn = takeInBy({ store, metrics, tracing, nowMs });
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
      const done = await admit(() => takeIn(batch));
      return c.json(done, 200);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'busy')
        metrics.add('trimtab_ingest_busy_total', 1);
      throw error;
    }
  });
};
