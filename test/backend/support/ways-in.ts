import type { BackendConfig } from '../../../backend/config/config.ts';
import type { S3Location } from '../../../backend/log/partitions/object-store.ts';
import { identityKeys } from '../../../shared/domain/identity.ts';
import { ingestBatchToBytes, type IngestBatch } from '../../../shared/format/ingest-bytes.ts';
import {
  batchHash,
  storedBatchKey,
  storedBatchToBytes,
} from '../../../shared/format/stored-batch.ts';
import { startS3Server, type S3Server } from '../../support/s3-server.ts';
import {
  eventually,
  IDENTITY_SECRET,
  INGEST_SECRET,
  type Answer,
  type TestBackend,
} from './backend.ts';
import { send } from './batches.ts';

/** A way by which batches reach a backend. */
export interface WayIn {
  /** What the backend is configured with for it. */
  readonly config: Partial<BackendConfig>;
  /** @returns what became of a batch, as ingest over HTTP answers. */
  send(backend: TestBackend, batch: IngestBatch): Promise<Pick<Answer, 'status' | 'body'>>;
  close(): Promise<void>;
}

export const overHttp = async (): Promise<WayIn> => ({
  config: {},
  send,
  close: () => Promise.resolve(),
});

const KEYS = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret/of+the=tests' };

/** A bucket for the log, over real HTTP. */
export async function startLogBucket(): Promise<{ server: S3Server; location: S3Location }> {
  const server = await startS3Server(KEYS, 'logs');
  const location: S3Location = {
    kind: 's3',
    endpoint: server.url,
    bucket: 'logs',
    prefix: '',
    region: 'auto',
    setting: 'TRIMTAB_LOG_STORE',
    ...KEYS,
  };
  return { server, location };
}

/** Puts a batch as an edge does. @returns its key. */
export function putBatch(
  { objects }: Pick<S3Server, 'objects'>,
  batch: IngestBatch,
  { sealedAt = Date.now(), secret = INGEST_SECRET } = {},
): string {
  const bytes = ingestBatchToBytes(batch);
  const key = storedBatchKey(batch.batchId, sealedAt, batchHash(bytes));
  const { fingerprint } = identityKeys([IDENTITY_SECRET])[0];
  objects.set(key, Buffer.from(storedBatchToBytes(key, bytes, fingerprint, secret)));
  return key;
}

/** An id as a shard gives them. */
export const shardBatchId = (name: string, first = 1): string =>
  `${name.replaceAll('-', '.')}-${first}-${first}`;

export const QUICKLY = { pollSeconds: 0.05, parallel: 4, keepHours: 24 };

export async function throughBucket(): Promise<WayIn> {
  const { server, location } = await startLogBucket();
  const counted = async (backend: TestBackend) => {
    const { body } = await backend.call('GET', '/metrics');
    const read = (name: string) =>
      Number(new RegExp(`^trimtab_ingest_${name} (\\d+)$`, 'm').exec(body as string)?.[1] ?? 0);
    return {
      batches: read('batches_total'),
      decisions: read('rows_total\\{table="decisions"\\}'),
      events: read('rows_total\\{table="events"\\}'),
    };
  };
  /** A list that is asked for now sees what was put before. */
  const looked = (times: number) => {
    const before = server.calls.length;
    return eventually(
      () => server.calls.slice(before).filter((call) => call === 'GET ').length > 3 * times,
    );
  };
  const sent = new Set<string>();
  return {
    config: { logStore: location, storedBatches: QUICKLY },
    async send(backend, batch) {
      const { batchId } = batch;
      const before = await counted(backend);
      putBatch(server, { ...batch, batchId: shardBatchId(batchId) });
      const duplicate = sent.has(batchId);
      sent.add(batchId);
      if (duplicate) await looked(3);
      else await eventually(async () => (await counted(backend)).batches > before.batches);
      const after = await counted(backend);
      const body = {
        batchId,
        decisions: after.decisions - before.decisions,
        events: after.events - before.events,
        duplicate: after.batches === before.batches,
      };
      return { status: 200, body };
    },
    close: () => server.close(),
  };
}
