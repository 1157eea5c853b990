import { randomBytes } from 'node:crypto';
import { and, asc, eq, gt, isNull, lt, max, or, sql } from 'drizzle-orm';
import {
  isForPages,
  keyHash,
  MAX_KEYS,
  MAX_LIST_BYTES,
  mayBeKey,
  SCOPES,
  type KeyList,
  type Scope,
} from '../../shared/domain/access-key.ts';
import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { recordAudit } from '../store/audit.ts';
import type { Statement, Store } from '../store/open.ts';
import { accessKeys } from '../store/tables.ts';

/** How exactly is stored when a key was last used. */
const USED_EVERY_MS = 60_000;
/** 192 bits, so that nobody can guess one. */
const KEY_BYTES = 24;

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Origins whose pages may use it; undefined: any. */
  readonly origins?: readonly string[] | undefined;
}

/** Who asks with a key. */
export interface KeyHolder {
  readonly name: string;
  readonly scopes: readonly Scope[];
}

export type AccessKeys = ReturnType<typeof accessKeysOf>;

/**
 * Keys that operators make. A key is told once, when it is made: stored is its hash. All changes are in the audit log, and each is a
 * new revision of the list that the edge has to be sent.
 */
export function accessKeysOf({
  store,
  nowMs,
}: {
  readonly store: Store;
  readonly nowMs: () => number;
}) {
  const { db } = store;
  const inForce = (now: number) =>
    and(
      isNull(accessKeys.revokedAt),
      or(isNull(accessKeys.expiresAt), gt(accessKeys.expiresAt, now)),
    );
  const audited = (at: number, by: string, action: string, subject: string, details = {}) =>
    recordAudit(store, { at, actor: by, action, subject, details });
  const namesKnown = async (name: string) => {
    const [row] = await db
      .select({ name: accessKeys.name })
      .from(accessKeys)
      .where(eq(accessKeys.name, name))
      .limit(1);
    if (row === undefined) throw new ApiError(404, 'unknown_key', `there is no key "${name}"`);
  };
  return {
    /** @returns the key, which is told this once. @throws ApiError 400 or 409. */
    async create({ name, scopes, origins }: NewKey, by: string): Promise<string> {
      const now = nowMs();
      const given = SCOPES.filter((scope) => scopes.includes(scope));
      if (given.length === 0) throw invalid(`scopes must be some of ${SCOPES.join(', ')}`);
      if (origins !== undefined && !isForPages(given))
        throw invalid('origins are for keys of pages, whose scopes are rank and events alone');
      const listed = origins?.map(originOf);
      refuseTooMany(await this.inForce(), listed);
      const key = newKey(given);
      const [made] = await store.write([
        written(
          `insert into access_keys (hash, name, scopes, origins, createdAt, createdBy, revision)
            select ?, ?, ?, ?, ?, ?, ${NEXT_REVISION}
            where not exists (select 1 from access_keys where name = ?)`,
          [
            keyHash(key),
            name,
            JSON.stringify(given),
            listed === undefined ? null : JSON.stringify(listed),
            now,
            by,
            now,
            name,
          ],
        ),
        auditedOnly(
          now,
          by,
          'create key',
          name,
          { scopes: given, ...(listed && { origins: listed }) },
          key,
        ),
      ]);
      if (made === 1) return key;
      throw new ApiError(
        409,
        'name_taken',
        `there is, or was, a key "${name}": rotate it, or give this one another name`,
      );
    },

    /**
     * Another key in place of one, with its scopes and origins. The one before goes on for the overlap (ms).
     * @returns the key, which is told this once, and until when (epoch ms) the one before opens something. @throws ApiError 404.
     */
    async rotate(
      name: string,
      overlapMs: number,
      by: string,
    ): Promise<{ readonly key: string; readonly until: number }> {
      const now = nowMs();
      const [former] = await db
        .select()
        .from(accessKeys)
        .where(and(eq(accessKeys.name, name), inForce(now)))
        .orderBy(sql`createdAt desc, rowid desc`)
        .limit(1);
      if (former === undefined)
        throw new ApiError(404, 'unknown_key', `there is no key "${name}" that is in force`);
      refuseTooMany(await this.inForce(), former.origins);
      const key = newKey(former.scopes);
      const hash = keyHash(key);
      const until = now + overlapMs;
      const [made] = await store.write([
        // Not where it was revoked meanwhile.
        written(
          `insert into access_keys (hash, name, scopes, origins, createdAt, createdBy, revision)
            select ?, name, scopes, origins, ?, ?, ${NEXT_REVISION} from access_keys
            where hash = ? and revokedAt is null`,
          [hash, now, by, now, former.hash],
        ),
        written(
          `update access_keys set expiresAt = min(coalesce(expiresAt, ?), ?), revision = ${NEXT_REVISION}
            where name = ? and hash <> ? and revokedAt is null
              and exists (select 1 from access_keys where hash = ?)`,
          [until, until, now, name, hash, hash],
        ),
        auditedOnly(now, by, 'rotate key', name, { until }, key),
      ]);
      if (made === 1) return { key, until };
      throw new ApiError(404, 'unknown_key', `key "${name}" was revoked meanwhile`);
    },

    /** Ends all keys of a name. @returns how many were in force. @throws ApiError 404. */
    async revoke(name: string, by: string): Promise<number> {
      const now = nowMs();
      await namesKnown(name);
      const [ended] = await store.write([
        written(
          `update access_keys set revokedAt = ?, revision = ${NEXT_REVISION}
            where name = ? and revokedAt is null and (expiresAt is null or expiresAt > ?)`,
          [now, now, name, now],
        ),
        audited(now, by, 'revoke key', name),
      ]);
      return ended;
    },

    /** All keys that ever were, as they came. */
    list: () =>
      db.select().from(accessKeys).orderBy(asc(accessKeys.createdAt), asc(accessKeys.name)),

    /** What the edge must know. */
    async inForce(): Promise<KeyList> {
      // First: a change in between gives a newer list an older number, and is sent again.
      const revision = await this.revision();
      const rows = await db.select().from(accessKeys).where(inForce(nowMs()));
      return {
        revision,
        keys: rows.map(({ hash, scopes, origins, expiresAt }) => ({
          hash,
          scopes,
          ...(origins !== null && { origins }),
          ...(expiresAt !== null && { expiresAt }),
        })),
      };
    },

    /** Of the list; 0: there was never a key. */
    async revision(): Promise<number> {
      const [row] = await db.select({ revision: max(accessKeys.revision) }).from(accessKeys);
      return row.revision ?? 0;
    },

    /**
     * After a database was restored from a copy, the edge knows of changes that the database forgot. What it does not list any more was
     * revoked, and stays so; what the database does not know cannot be kept.
     * @returns names of the keys that were revoked so.
     */
    async catchUp({ revision, keys }: KeyList): Promise<readonly string[]> {
      const now = nowMs();
      const listed = new Set(keys.map(({ hash }) => hash));
      const rows = await db.select().from(accessKeys).where(inForce(now));
      const gone = rows.filter(({ hash, createdAt }) => !listed.has(hash) && createdAt < revision);
      const next = Math.max(revision + 1, now);
      await store.write([
        db.update(accessKeys).set({ revision: next }),
        ...gone.flatMap(({ hash, name }) => [
          db.update(accessKeys).set({ revokedAt: now }).where(eq(accessKeys.hash, hash)),
          audited(now, 'backend', 'revoke key', name, { why: 'the edge has it as revoked' }),
        ]),
      ]);
      return gone.map(({ name }) => name);
    },

    /** Whose key this is, and notes that it was used. @returns undefined where it is none that is in force. */
    async holder(key: string): Promise<KeyHolder | undefined> {
      if (!mayBeKey(key)) return undefined;
      const now = nowMs();
      const own = eq(accessKeys.hash, keyHash(key));
      const [row] = await db
        .select()
        .from(accessKeys)
        .where(and(own, inForce(now)));
      if (row === undefined) return undefined;
      const before = now - USED_EVERY_MS;
      if (row.lastUsedAt === null || row.lastUsedAt <= before)
        await store.write([
          db
            .update(accessKeys)
            .set({ lastUsedAt: now })
            .where(
              and(own, or(isNull(accessKeys.lastUsedAt), lt(accessKeys.lastUsedAt, before + 1))),
            ),
        ]);
      return { name: row.name, scopes: row.scopes };
    },
  };
}

/** Several who make one at once may each get theirs: the edge takes some more than that. */
const MOST_IN_FORCE = MAX_KEYS - 100;
const MOST_LIST_BYTES = MAX_LIST_BYTES - 100_000;

/** A list that the edge refused would keep every later change from it, revocations too. @throws ApiError 409. */
function refuseTooMany(list: KeyList, origins: readonly string[] | null | undefined): void {
  if (list.keys.length >= MOST_IN_FORCE)
    throw new ApiError(
      409,
      'too_many_keys',
      `there can be ${MOST_IN_FORCE} keys in force: revoke some`,
    );
  const bytes = Buffer.byteLength(JSON.stringify(list)) + JSON.stringify(origins ?? []).length;
  if (bytes >= MOST_LIST_BYTES)
    throw new ApiError(
      409,
      'too_many_keys',
      'the keys in force have too many origins: revoke some',
    );
}

/** Greater than every one before, also of a database that was restored since. Takes the time as a parameter. */
const NEXT_REVISION = '(select max(coalesce(max(revision), 0) + 1, ?) from access_keys)';

const written = (statement: string, params: unknown[]): Statement => ({
  toSQL: () => ({ sql: statement, params }),
});

/** In the audit log where the key was made, and not where it was refused. */
const auditedOnly = (
  at: number,
  by: string,
  action: string,
  subject: string,
  details: object,
  key: string,
): Statement =>
  written(
    `insert into audit (at, actor, action, subject, details)
      select ?, ?, ?, ?, ? where exists (select 1 from access_keys where hash = ?)`,
    [at, by, action, subject, JSON.stringify(details), keyHash(key)],
  );

/** Its beginning tells whether pages may show it. */
const newKey = (scopes: readonly Scope[]): string =>
  `${isForPages(scopes) ? 'pk' : 'sk'}_${randomBytes(KEY_BYTES).toString('base64url')}`;

/** As browsers send it. @throws ApiError 400. */
function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin =
    url !== undefined && /^https?:$/.test(url.protocol) && `${url.origin}/` === url.href;
  if (isOrigin) return url.origin;
  throw invalid(`"${text}" must be an origin, such as https://shop.example`);
}
