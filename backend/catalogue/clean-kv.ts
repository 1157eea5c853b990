import { and, eq, isNotNull, isNull, or, sql, type SQL } from 'drizzle-orm';
import { isVersion } from '../../shared/domain/ids.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { counted } from '../../shared/text/text.ts';
import type { Kv } from '../models/edge-kv.ts';
import type { KvSettings } from '../models/kv-settings.ts';
import { neededVersions } from '../models/needed-versions.ts';
import { recordName, type KvKey, type Publication } from '../models/publications.ts';
import { ACTIVE_KEY } from '../models/kv-keys.ts';
import type { Lease } from '../scheduler/lease.ts';
import type { Job } from '../scheduler/scheduler.ts';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import { publications } from '../store/tables.ts';
import { neededLearned } from './learned-parts.ts';
import { neededRelated } from './related/related-parts.ts';
import { neededSnapshots } from './needed-snapshots.ts';

/** Deletes from KV what is superseded: parts and patches of snapshots, learned columns, related items, and versions of the weights. */
export interface KvCleaning {
  /**
   * Marks what nothing needs any more, and deletes what has been marked for long enough.
   * @param held a condition for each step: false once another backend leads. @returns how many keys were deleted.
   * @throws ApiError 502 or 503 where the edge cannot be reached: the next run goes on.
   */
  clean(held: SQL): Promise<number>;
  /** A run under way ends after the key that it is at. */
  stop(): void;
}

export interface KvCleaningDeps {
  readonly store: Store;
  readonly kv: Kv;
  readonly settings: Pick<KvSettings, 'keepHours' | 'keepVersions'>;
  /** Versions that were live, or on trial, since then stay, as they may be gone back to by the pointer alone. */
  readonly retentionDays: number;
  readonly settleMs: number;
  readonly nowMs: () => number;
}

const HOUR_MS = 3_600_000;
/** By then every edge location has followed the pointer. */
const LEAST_SETTLE_TIMES = 10;

/**
 * Age counts from when a run first found a key unneeded, so that what was live until a minute ago is new however long
 * it was. A deletion is recorded as begun before it is made, and as done after it: one that a crash cut short is made again,
 * and a backend that publishes the same key meanwhile waits (`claimKey`). The bytes of versions stay in the store, and the
 * catalogue's in its items, so whatever becomes live again is published again.
 */
export function kvCleaning(deps: KvCleaningDeps): KvCleaning {
  const { store, kv, settings, retentionDays, settleMs, nowMs } = deps;
  const keepMs = Math.max(settings.keepHours * HOUR_MS, LEAST_SETTLE_TIMES * settleMs);
  let isStopped = false;

  const readText = async (namespace: KvKey['namespace']) => {
    const bytes = await kv.get(namespace, ACTIVE_KEY);
    return bytes && new TextDecoder().decode(bytes);
  };

  /** @returns what tells whether a key is needed; undefined where a pointer is not to be read: then all may be. */
  const readNeeds = async () => {
    const [weights, catalogue] = [await readText('WEIGHTS'), await readText('CATALOGUE')];
    if (weights === undefined || catalogue === undefined) return undefined;
    const since = nowMs() - retentionDays * DAY_MS;
    const newest = settings.keepVersions;
    const versions = await neededVersions(store, { inKv: weights, since, newest });
    const hashes = await neededSnapshots(store, catalogue, versions);
    if (hashes === undefined) return undefined;
    const learned = await neededLearned(store, kv);
    const related = await neededRelated(store, kv);
    return ({ namespace, key }: KvKey): boolean => {
      const [kind, name] = key.split('/');
      if (namespace === 'WEIGHTS' && kind === 'w') return !isVersion(name) || versions.has(name);
      if (namespace === 'CATALOGUE' && (kind === 's' || kind === 'p')) return hashes.has(name);
      if (namespace === 'CATALOGUE' && kind === 'l') return learned?.has(name) ?? true;
      if (namespace === 'CATALOGUE' && kind === 'r') return related?.has(name) ?? true;
      return true;
    };
  };

  const mark = async (keys: readonly KvKey[], unneededSince: number | null, held: SQL) => {
    const names = JSON.stringify(keys.map(recordName));
    await store.write([
      store.db
        .update(publications)
        .set({ unneededSince })
        .where(
          and(
            sql`${publications.key} in (select value from json_each(${names}))`,
            isNull(publications.deletedAt),
            held,
          ),
        ),
    ]);
  };

  /** @returns false where the key is needed again, or another backend leads. */
  const deleteKey = async (key: KvKey, row: Publication, held: SQL): Promise<boolean> => {
    const deletedAt = nowMs();
    const is = eq(publications.key, row.key);
    const [begun] = await store.write([
      store.db
        .update(publications)
        .set({ deletedAt, sha256: '' })
        .where(
          and(
            is,
            sql`${publications.unneededSince} is ${row.unneededSince}`,
            sql`${publications.deletedAt} is ${row.deletedAt}`,
            held,
          ),
        ),
    ]);
    if (begun === 0) return false;
    await kv.delete(key.namespace, key.key);
    await store.write([
      store.db
        .update(publications)
        .set({ unneededSince: null })
        .where(and(is, eq(publications.deletedAt, deletedAt))),
      recordAudit(store, {
        at: nowMs(),
        actor: 'backend',
        action: 'delete from KV',
        subject: row.key,
        ...(row.unneededSince !== null && { details: { unneededSince: row.unneededSince } }),
      }),
    ]);
    return true;
  };

  return {
    async clean(held) {
      const isNeeded = await readNeeds();
      if (isNeeded === undefined) return 0;
      const now = nowMs();
      const rows = await store.db
        .select()
        .from(publications)
        .where(or(isNull(publications.deletedAt), isNotNull(publications.unneededSince)));
      const all = rows.map((row) => ({ row, key: keyOf(row), isUnneeded: !isNeeded(keyOf(row)) }));
      // A mark from the future is that of a clock that was wrong.
      const isMarked = ({ unneededSince }: Publication) =>
        unneededSince !== null && unneededSince <= now;
      const fresh = all.filter(({ row, isUnneeded }) => isUnneeded && !isMarked(row));
      const again = all.filter(({ row, isUnneeded }) => !isUnneeded && row.unneededSince !== null);
      await mark(
        fresh.map(({ key }) => key),
        now,
        held,
      );
      await mark(
        again.map(({ key }) => key),
        null,
        held,
      );
      let deleted = 0;
      for (const { row, key, isUnneeded } of all) {
        if (isStopped) break;
        const isDue = isUnneeded && isMarked(row) && now - row.unneededSince! >= keepMs;
        if (isDue && (await deleteKey(key, row, held))) deleted++;
      }
      return deleted;
    },
    stop() {
      isStopped = true;
    },
  };
}

function keyOf({ key: name }: Publication): KvKey {
  const [namespace, ...rest] = name.split('/');
  return { namespace: namespace as KvKey['namespace'], key: rest.join('/') };
}

/** The leader cleans. That the edge cannot be reached is the pointer watch's to report. */
export const kvCleaningJob = (deps: {
  readonly cleaning: KvCleaning;
  readonly schedule: string;
  readonly leader: Pick<Lease, 'held'>;
  readonly log: (message: string) => void;
}): Job => ({
  name: 'cleaning of KV',
  schedule: deps.schedule,
  leaderOnly: true,
  async run() {
    const deleted = await deps.cleaning.clean(deps.leader.held);
    if (deleted > 0) deps.log(`${counted(deleted, 'superseded key')} deleted from KV`);
  },
});
