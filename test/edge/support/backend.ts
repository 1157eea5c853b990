import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import type { Decision } from '../../../shared/domain/decision.ts';
import { SIGNATURE_HEADER, verifyBody } from '../../../shared/domain/ingest-signature.ts';
import { ingestBatchFromBytes, type IngestBatch } from '../../../shared/format/ingest-bytes.ts';

type Reply = (batch: IngestBatch) => Response | Promise<Response>;

export const commits: Reply = ({ batchId }) => Response.json({ batchId });

export interface FakeBackend {
  /** Everything that was sent and rightly signed, in order. */
  readonly sent: IngestBatch[];
  readonly sentBytes: Uint8Array[];
  reply: Reply;
}

/** Stands where BACKEND_URL points, and answers as told. Undo with `vi.restoreAllMocks()`. */
export function fakeBackend(reply: Reply = commits): FakeBackend {
  const backend: FakeBackend = { sent: [], sentBytes: [], reply };
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (request.url !== 'http://backend.test/v1/ingest')
      throw new Error(`nothing is at ${request.url}`);
    verifyBody(
      request.headers.get(SIGNATURE_HEADER) ?? undefined,
      bytes,
      [env.INGEST_SECRET!],
      Date.now(),
    );
    const batch = ingestBatchFromBytes(bytes);
    backend.sent.push(batch);
    backend.sentBytes.push(bytes);
    return backend.reply(batch);
  });
  return backend;
}

export const shard = (n: number) => env.EVENT_LOG.get(env.EVENT_LOG.idFromName(`shard-${n}`));

/** Rings the alarm of every shard that has one set. */
export async function shipAll(): Promise<void> {
  for (let n = 0; n < Number(env.EVENT_SHARDS); n++) await runDurableObjectAlarm(shard(n));
}

/**
 * Ships everything. @returns what was logged of some answers, in their order. All files share one workerd: what the one before
 * has ranked last may be logged only now, and is no decision of theirs.
 */
export async function decisionsOf(
  backend: FakeBackend,
  answers: readonly { readonly rankingId: string }[],
): Promise<Decision[]> {
  await shipAll();
  const logged = new Map<string, Decision>(
    backend.sent.flatMap(({ decisions }) => decisions).map((one) => [one.rankingId, one]),
  );
  return answers.map(({ rankingId }) => {
    const decision = logged.get(rankingId);
    if (decision === undefined) throw new Error(`ranking ${rankingId} was not logged`);
    return decision;
  });
}
