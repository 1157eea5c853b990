import { keyHash, mayBeKey, type KeyList, type ListedKey } from '../../shared/domain/access-key.ts';
import { ApiError } from '../../shared/domain/errors.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { readKeys } from '../artifacts/read-keys.ts';
import { cellOf } from '../platform/cell.ts';
import type { KeyKeeperObject } from '../platform/durable-objects.ts';
import type { Env } from '../platform/env.ts';
import type { Settings } from '../platform/settings.ts';
import { withSourceTimeout } from '../platform/timeout.ts';
import { RefreshingCache } from '../platform/refreshing-cache.ts';

interface LoadedKeys {
  /** Absent where it could never be read. */
  readonly revision?: number;
  readonly byHash: ReadonlyMap<string, ListedKey>;
  /** Those that were shown to this isolate, so that each is hashed once. */
  readonly byKey: Map<string, ListedKey>;
  readonly problem?: string;
}

/**
 * The keys that operators made, in the isolate's memory: looked up again every few seconds after an answer, and only where such a
 * key, or one that nobody knows, is shown. Where neither the cell's KeyKeeper nor KV answers, the last list stays.
 */
export class NamedKeys {
  readonly #cache: RefreshingCache<LoadedKeys>;
  /** Since the last look, epoch ms by hash. */
  #used = new Map<string, number>();

  constructor(env: Env, settings: Settings) {
    this.#cache = new RefreshingCache(async (previous: LoadedKeys | undefined, cell) => {
      const problems: string[] = [];
      for (const load of [
        () => this.#fromKeeper(env, previous, cell),
        async () => newer(previous, await readKeys(env.WEIGHTS, settings.kvCacheTtlS)),
      ])
        try {
          return await withSourceTimeout(load());
        } catch (error) {
          problems.push(messageOf(error));
        }
      const problem = problems.join('; ');
      return { ...(previous ?? { byHash: new Map(), byKey: new Map() }), problem };
    }, settings);
  }

  /**
   * @returns undefined where nobody knows the key, it was revoked, or it has ended.
   * @throws ApiError 503 where no list could be read yet.
   */
  async find(
    key: string,
    request: Request,
    ctx: ExecutionContext,
    nowMs: number,
  ): Promise<ListedKey | undefined> {
    if (!mayBeKey(key)) return undefined;
    const loaded = await this.#cache.get(ctx, () => cellOf(request), nowMs);
    if (loaded.revision === undefined)
      throw new ApiError(
        503,
        'unavailable',
        'the keys could not be looked up: send it again',
        undefined,
        1,
      );
    const found = loaded.byKey.get(key) ?? loaded.byHash.get(keyHash(key));
    if (found === undefined || (found.expiresAt ?? Infinity) <= nowMs) return undefined;
    loaded.byKey.set(key, found);
    this.#used.set(found.hash, nowMs);
    return found;
  }

  async #fromKeeper(
    { KEY_KEEPER: keepers }: Env,
    previous: LoadedKeys | undefined,
    cell: string,
  ): Promise<LoadedKeys> {
    if (keepers === undefined) throw new Error('there is no binding KEY_KEEPER');
    const used = this.#used;
    this.#used = new Map();
    const keeper = keepers.get(keepers.idFromName(cell)) as unknown as KeyKeeperObject;
    const { list } = await keeper.current(previous?.revision ?? -1, used).catch((error) => {
      // The keeper may not have them: they are told again, which does no harm.
      this.#used = new Map([...used, ...this.#used]);
      throw error;
    });
    if (list !== undefined) return newer(previous, list);
    const { problem: _, ...confirmed } = previous!;
    return confirmed;
  }
}

/** KV may still have a list of before. */
function newer(previous: LoadedKeys | undefined, { revision, keys }: KeyList): LoadedKeys {
  if (previous?.revision !== undefined && previous.revision >= revision) {
    const { problem: _, ...confirmed } = previous;
    return confirmed;
  }
  return { revision, byHash: new Map(keys.map((key) => [key.hash, key])), byKey: new Map() };
}
