import { parseUserId } from '../../../shared/domain/ids.ts';
import { SIGNATURE_HEADER, signBody } from '../../../shared/domain/ingest-signature.ts';
import { ingestBatchToBytes, type IngestBatch } from '../../../shared/format/ingest-bytes.ts';
import { INGEST_SECRET, type Answer, type TestBackend } from './backend.ts';
import { decisionOf, eventOf } from './decisions.ts';

/** `size` rankings, each with one click. */
export const batchOf = (batchId: string, size: number, userId?: string): IngestBatch => {
  const user = userId === undefined ? {} : { userId: parseUserId(userId) };
  const names = Array.from({ length: size }, (_, i) => `${batchId}-${i}`);
  return {
    batchId,
    decisions: names.map((name) => decisionOf(name, user)),
    events: names.map((name) => eventOf(`click-${name}`, name, user)),
  };
};

export const signed = (body: Uint8Array, secret = INGEST_SECRET, atMs = Date.now()) => ({
  'content-type': 'application/octet-stream',
  [SIGNATURE_HEADER]: signBody(body, secret, atMs),
});

/** Sends a batch as the edge does: signed, and without a key. */
export function send(backend: TestBackend, batch: IngestBatch): Promise<Answer> {
  const body = ingestBatchToBytes(batch);
  return backend.call('POST', '/v1/ingest', body, { ...signed(body), authorization: '' });
}
