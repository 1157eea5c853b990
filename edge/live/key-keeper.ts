import { DurableObject } from 'cloudflare:workers';
import type { KeyList } from '../../shared/domain/access-key.ts';
import { readKeys } from '../artifacts/read-keys.ts';
import type { KeyAnswer, KeyKeeperObject } from '../platform/durable-objects.ts';
import type { Env } from '../platform/env.ts';
import { settingsOf } from '../platform/settings.ts';

/** KV is looked at so often, in case the backend could not reach this object. */
const CHECK_MS = 60_000;
/** How exactly is stored when a key was last used. */
const USED_EVERY_MS = 60_000;

/**
 * The list of keys that operators made, in one cell. The backend tells it of every change at once, and isolates ask it every few
 * seconds, so that a key that is revoked opens nothing a few seconds later, whatever KV still has in its caches.
 */
export class KeyKeeper extends DurableObject<Env> implements KeyKeeperObject {
  #list: KeyList | undefined;
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #checking: Promise<void> | undefined;
  readonly #used: Map<string, number>;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#list = ctx.storage.kv.get<KeyList>('list');
    this.#used = ctx.storage.kv.get<Map<string, number>>('used') ?? new Map();
  }

  put(list: KeyList): KeyList | null {
    const own = this.#list;
    if (own !== undefined && own.revision > list.revision) return own;
    this.#adopt(list);
    return null;
  }

  async current(known: number, used: ReadonlyMap<string, number>): Promise<KeyAnswer> {
    this.#note(used);
    const nowMs = Date.now();
    if (this.#checking === undefined && Math.abs(nowMs - this.#checkedAtMs) >= CHECK_MS)
      this.#checking = this.#check(nowMs).finally(() => {
        // Without any list it is looked at again with the next call: none is not the same as an empty one.
        if (this.#list !== undefined) this.#checkedAtMs = nowMs;
        this.#checking = undefined;
      });
    // What the backend told this object holds without KV too: nobody waits for it then.
    if (this.#list === undefined) await this.#checking;
    else this.#checking?.catch(() => {});
    const list = this.#list ?? { revision: 0, keys: [] };
    return list.revision === known ? {} : { list };
  }

  async #check(nowMs: number): Promise<void> {
    const stored = await readKeys(this.env.WEIGHTS, settingsOf(this.env).kvCacheTtlS);
    this.#checkedAtMs = nowMs;
    if (stored.revision > (this.#list?.revision ?? 0)) this.#adopt(stored);
  }

  lastUsed(): ReadonlyMap<string, number> {
    return this.#used;
  }

  #adopt(list: KeyList): void {
    this.#list = list;
    this.ctx.storage.kv.put('list', list);
  }

  #note(used: ReadonlyMap<string, number>): void {
    let isNews = false;
    for (const [hash, atMs] of used) {
      if (atMs - (this.#used.get(hash) ?? 0) < USED_EVERY_MS) continue;
      this.#used.set(hash, atMs);
      isNews = true;
    }
    if (!isNews) return;
    const listed = new Set(this.#list?.keys.map(({ hash }) => hash));
    for (const hash of this.#used.keys()) if (!listed.has(hash)) this.#used.delete(hash);
    this.ctx.storage.kv.put('used', this.#used);
  }
}
