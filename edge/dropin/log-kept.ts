import { ApiError } from '../../shared/domain/errors.ts';
import { shardOf } from '../collect/shard.ts';
import type { KeptRanking } from '../platform/durable-objects.ts';
import type { Configured } from '../platform/settings.ts';

/**
 * Logs the decision of a kept ranking durably. Twice is no harm: the backend stores a decision once.
 * @param decision as a shard takes it. @throws ApiError 503.
 */
export async function logKept(
  decision: Uint8Array<ArrayBuffer>,
  { rankingId }: Pick<KeptRanking, 'rankingId'>,
  { env, settings }: Configured,
): Promise<void> {
  const shard = shardOf(rankingId, settings.eventShards);
  const append = () =>
    env.EVENT_LOG.get(env.EVENT_LOG.idFromName(`shard-${shard}`)).appendDecisions(decision);
  try {
    await append().catch(append);
  } catch (error) {
    console.error('the decision of a kept ranking could not be logged', error);
    throw new ApiError(503, 'unavailable', 'it could not be stored: send it again', undefined, 1);
  }
}
