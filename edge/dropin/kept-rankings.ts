import { ApiError } from '../../shared/domain/errors.ts';
import type { GivenId, RankingId } from '../../shared/domain/ids.ts';
import { shardOf } from '../collect/shard.ts';
import type { KeptRanking, TokenKeeperObject } from '../platform/durable-objects.ts';
import type { Configured, DropIn } from '../platform/settings.ts';

/** Fixed, so that what is kept is found again whatever else is configured anew. */
const KEEPERS = 16;
const RETRY_AFTER_S = 1;

/** A ranking by the id that the site gave it, in the object that keeps it. */
export interface KeptUnder {
  /** @returns the ranking that was kept under the id before, and stays; null where this one is kept. */
  keep(ranking: KeptRanking): Promise<KeptRanking | null>;
  find(): Promise<KeptRanking | null>;
  /** Says that the ranking is in the log. Where that does not arrive, it is logged again when it is asked for again. Never rejects. */
  logged(rankingId: RankingId): Promise<void>;
  holdReward(value: number): Promise<boolean>;
  release(): Promise<number | null>;
}

/**
 * @param system whose id it is: those of different systems do not meet.
 * @param id as the site gave it. It is not stored, but keyed like the id of a session.
 */
export function keptUnder(system: DropIn, id: string, { env, settings }: Configured): KeptUnder {
  const keepers = env.TOKEN_KEEPER;
  if (keepers === undefined)
    throw new ApiError(
      503,
      'not_configured',
      'the Worker has no binding TOKEN_KEEPER: deploy it with the newest wrangler.toml',
    );
  const named = `${system} ${id}`;
  const objectId = keepers.idFromName(`tokens-${shardOf(named, KEEPERS)}`);
  const keeper = () => keepers.get(objectId) as unknown as TokenKeeperObject;
  // While keys of ids are rotated, it may be kept under the one before.
  const names = settings.identity.map((key) => key.sessionId(named as GivenId));
  return {
    async keep(ranking) {
      const earlier = await answered(() => keeper().keep(names, ranking));
      return earlier?.rankingId === ranking.rankingId ? null : earlier;
    },
    find: () => answered(() => keeper().find(names)),
    async logged(rankingId) {
      try {
        await keeper().logged(names, rankingId);
      } catch {
        // It keeps the decision until the ranking expires.
      }
    },
    holdReward: (value) => answered(() => keeper().holdReward(names, value)),
    release: () => answered(() => keeper().release(names)),
  };
}

/** An object that is being moved or reset fails once, maybe after it has done what it was asked: all of it may be asked twice. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask().catch(ask);
  } catch (error) {
    console.error('rankings by their ids are not there', error);
    throw new ApiError(
      503,
      'unavailable',
      'the ranking could not be kept or found: send it again',
      undefined,
      RETRY_AFTER_S,
    );
  }
}
