import { DurableObject } from 'cloudflare:workers';
import type { RankingId } from '../../shared/domain/ids.ts';
import type { KeptRanking, TokenKeeperObject } from '../platform/durable-objects.ts';
import type { Env } from '../platform/env.ts';
import { settingsOf } from '../platform/settings.ts';

/** So many rankings are kept in one of the objects, and what a shard may hold of bytes; the oldest make room for new ones. */
const MAX_KEPT = 100_000;
/** More than one, so that large ones do not take the place of small ones one for one. */
const FORGOTTEN_WHEN_FULL = 10;
/** Rankings that expire within so much time are forgotten together. */
const SWEEP_EVERY_MS = 60_000;

type Row = {
  readonly [K in 'rankingId' | 'token' | 'itemIds' | 'asked' | 'answer']: string;
} & {
  readonly at: number;
  readonly expiresAt: number;
  readonly held: ArrayBuffer | null;
  readonly unlogged: ArrayBuffer | null;
};

/**
 * Tokens of rankings by the id that a site gave them, for protocols whose feedback brings none. What has expired is overwritten
 * before it is deleted, as SQLite only marks what it deletes as free.
 */
export class TokenKeeper extends DurableObject<Env> implements TokenKeeperObject {
  readonly #sql: SqlStorage;
  #count: number;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS kept (
        name TEXT PRIMARY KEY, rankingId TEXT NOT NULL, token TEXT NOT NULL, itemIds TEXT NOT NULL, at INTEGER NOT NULL,
        asked TEXT NOT NULL, answer TEXT NOT NULL, held BLOB, reward REAL, expiresAt INTEGER NOT NULL, unlogged BLOB);
      CREATE INDEX IF NOT EXISTS kept_expiresAt ON kept (expiresAt);`);
    // An object from before the column was: what it kept counts as logged.
    const columns = this.#sql.exec<{ name: string }>(`PRAGMA table_info(kept)`).toArray();
    if (!columns.some(({ name }) => name === 'unlogged'))
      this.#sql.exec(`ALTER TABLE kept ADD COLUMN unlogged BLOB`);
    this.#count = this.#sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM kept`).one().n;
  }

  async keep(names: readonly string[], ranking: KeptRanking): Promise<KeptRanking | null> {
    const earlier = await this.find(names);
    if (earlier !== null) return earlier;
    const [name] = names;
    const { rankingId, token, itemIds, at, asked, answer, held, unlogged, expiresAt } = ranking;
    // It is counted once it holds: a transaction that fails takes back what was forgotten in it.
    this.#count += this.ctx.storage.transactionSync(() => {
      let more = 1 - this.#forget(`name = ?`, name);
      const isFull = this.#sql.databaseSize > settingsOf(this.env).maxShardBytes;
      const tooMany = Math.max(this.#count + more - MAX_KEPT, isFull ? FORGOTTEN_WHEN_FULL : 0);
      if (tooMany > 0)
        more -= this.#forget(
          `name IN (SELECT name FROM kept ORDER BY expiresAt, name LIMIT ?)`,
          tooMany,
        );
      this.#sql.exec(
        `INSERT INTO kept (name, rankingId, token, itemIds, at, asked, answer, held, unlogged, expiresAt)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        name,
        rankingId,
        token,
        JSON.stringify(itemIds),
        at,
        asked,
        answer,
        held ?? null,
        unlogged ?? null,
        expiresAt,
      );
      return more;
    });
    if ((await this.ctx.storage.getAlarm()) === null)
      await this.ctx.storage.setAlarm(expiresAt + SWEEP_EVERY_MS);
    return null;
  }

  async find(names: readonly string[]): Promise<KeptRanking | null> {
    const [row] = this.#sql
      .exec<Row>(
        `SELECT rankingId, token, itemIds, at, asked, answer, held, unlogged, expiresAt FROM kept
         WHERE name IN (SELECT value FROM json_each(?)) AND expiresAt > ? LIMIT 1`,
        JSON.stringify(names),
        Date.now(),
      )
      .toArray();
    if (row === undefined) return null;
    const { held, unlogged, itemIds, ...others } = row;
    return {
      ...(others as Pick<KeptRanking, keyof typeof others>),
      itemIds: JSON.parse(itemIds),
      ...(held !== null && { held: new Uint8Array(held) }),
      ...(unlogged !== null && { unlogged: new Uint8Array(unlogged) }),
    };
  }

  async holdReward(names: readonly string[], value: number): Promise<boolean> {
    return (
      this.#sql
        .exec(
          `UPDATE kept SET reward = COALESCE(reward, ?) WHERE name IN (SELECT value FROM json_each(?)) AND held IS NOT NULL
         RETURNING name`,
          value,
          JSON.stringify(names),
        )
        .toArray().length > 0
    );
  }

  async logged(names: readonly string[], rankingId: RankingId): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      const which = `WHERE name IN (SELECT value FROM json_each(?)) AND rankingId = ?`;
      const list = JSON.stringify(names);
      for (const value of ['zeroblob(LENGTH(unlogged))', 'NULL'])
        this.#sql.exec(`UPDATE kept SET unlogged = ${value} ${which}`, list, rankingId);
    });
  }

  async release(names: readonly string[]): Promise<number | null> {
    return this.ctx.storage.transactionSync(() => {
      const which = `WHERE name IN (SELECT value FROM json_each(?))`;
      const list = JSON.stringify(names);
      const [row] = this.#sql
        .exec<{ reward: number | null }>(`SELECT reward FROM kept ${which}`, list)
        .toArray();
      this.#sql.exec(`UPDATE kept SET held = zeroblob(LENGTH(held)) ${which}`, list);
      this.#sql.exec(`UPDATE kept SET held = NULL ${which}`, list);
      return row?.reward ?? null;
    });
  }

  override async alarm(): Promise<void> {
    this.#count -= this.ctx.storage.transactionSync(() =>
      this.#forget(`expiresAt <= ?`, Date.now()),
    );
    const { next } = this.#sql
      .exec<{ next: number | null }>(`SELECT MIN(expiresAt) AS next FROM kept`)
      .one();
    if (next !== null) await this.ctx.storage.setAlarm(Math.max(next, Date.now()) + SWEEP_EVERY_MS);
  }

  /** @returns how many. */
  #forget(which: string, value: string | number): number {
    const { n } = this.#sql
      .exec<{ n: number }>(`SELECT COUNT(*) AS n FROM kept WHERE ${which}`, value)
      .one();
    if (n === 0) return 0;
    const overwritten = ['token', 'itemIds', 'answer', 'held', 'unlogged']
      .map((column) => `${column} = zeroblob(LENGTH(CAST(${column} AS BLOB)))`)
      .join(', ');
    // What is chosen by its place in an order must stay chosen: the columns of the conditions are not overwritten.
    this.#sql.exec(`UPDATE kept SET ${overwritten} WHERE ${which}`, value);
    this.#sql.exec(`DELETE FROM kept WHERE ${which}`, value);
    return n;
  }
}
