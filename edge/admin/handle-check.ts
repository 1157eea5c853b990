import { proofOf, type EdgeCheck } from '../../shared/domain/edge-check.ts';
import { invalid } from '../../shared/domain/errors.ts';
import { RELEASE } from '../../shared/domain/release.ts';
import { CHAMPION_ARM } from '../../shared/domain/weight-delta.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { authorize, type Guarded } from '../http/authorize.ts';
import { jsonResponse } from '../http/json-response.ts';
import { cellOf } from '../platform/cell.ts';
import type { Configured } from '../platform/settings.ts';

const NONCE = /^[\w-]{16,64}$/;

/**
 * `GET /v1/check?nonce=…`: what "trimtab doctor" wants to know of the edge. It asks every shard of the event log, which reads
 * a bounded number of entries, however many wait. Secrets are not shown, only proven.
 */
export async function handleCheck(
  request: Request,
  isolate: Configured & Guarded,
  ctx: ExecutionContext,
): Promise<Response> {
  await authorize(request, isolate, 'admin', ctx);
  const { env, settings } = isolate;
  const nonce = new URL(request.url).searchParams.get('nonce') ?? '';
  if (!NONCE.test(nonce)) throw invalid('nonce must be 16 to 64 letters, digits, "_" or "-"');
  const proven = (secrets: readonly string[]) => secrets.map((secret) => proofOf(secret, nonce));
  const cell = cellOf(request);
  const [eventLog, liveWeights] = await Promise.all([
    Promise.all(
      Array.from({ length: settings.eventShards }, async (_, shard) => ({
        shard,
        ...(await orProblem(() =>
          env.EVENT_LOG.get(env.EVENT_LOG.idFromName(`shard-${shard}`)).waiting(),
        )),
      })),
    ),
    orProblem(() =>
      env.LIVE_WEIGHTS.get(env.LIVE_WEIGHTS.idFromName(`${cell}:${CHAMPION_ARM}`)).adopt(
        CHAMPION_ARM,
      ),
    ),
  ]);
  return jsonResponse({
    release: RELEASE,
    nowMs: Date.now(),
    secrets: {
      ingest: proven(settings.ingestSecrets),
      identity: settings.identity.map(({ fingerprint }) => fingerprint),
    },
    logPath: settings.logStore === undefined ? 'backend' : 'store',
    eventLog,
    liveWeights: {
      cell,
      adopted: 'tag' in liveWeights && liveWeights.tag !== undefined,
      ...(liveWeights.problem !== undefined && { problem: liveWeights.problem }),
    },
  } satisfies EdgeCheck);
}

/** What a call answers, or why it did not. */
const orProblem = <T>(call: () => Promise<T>): Promise<T | { problem: string }> =>
  call().catch((error: unknown) => ({ problem: messageOf(error) }));
