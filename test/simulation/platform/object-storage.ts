import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Process } from '../kernel/process.ts';

type Value = string | number | null | Uint8Array | ArrayBuffer;

/** How long it takes until a write is on disk: until then what was computed by it stays inside. */
const SYNC_MS = [1, 8] as const;

/**
 * The storage of one Durable Object, over real SQLite. Writes without an await in between are one transaction; they are on disk a little later,
 * and whoever ends before has never written them. `confirmed` resolves once all that was written is on disk: Cloudflare's output gate.
 */
export class ObjectStorage {
  readonly #db = new DatabaseSync(':memory:');
  readonly #statements = new Map<string, StatementSync>();
  #alarmAtMs: number | null = null;
  #values = new Map<string, unknown>();
  /** What is on disk besides SQL; undefined where nothing was written since. */
  #before: { alarmAtMs: number | null; values: Map<string, unknown> } | undefined;
  #confirming: Promise<void> | undefined;
  #owner: Process | undefined;
  /** Told when an alarm that was set is on disk. */
  onAlarmSet: ((atMs: number | null) => void) | undefined;
  /** Whether the next statement that writes fails, as on a full disk. */
  failsToWrite: () => boolean = () => false;

  get alarmAtMs(): number | null {
    return this.#alarmAtMs;
  }

  /** A new life of the object begins; what the last one had not confirmed is gone. */
  openFor(owner: Process): void {
    this.#owner = owner;
    this.#confirming = undefined;
    if (this.#before === undefined) return;
    ({ alarmAtMs: this.#alarmAtMs, values: this.#values } = this.#before);
    this.#before = undefined;
    this.#db.exec('ROLLBACK');
  }

  /** Resolves when everything that was written until now is on disk, in the process that waits; never, where its process ends before. */
  confirmed(): Promise<void> {
    return this.#confirming ?? Promise.resolve();
  }

  /** Some of it, as `DurableObjectState.storage`. */
  readonly api = {
    sql: {
      exec: (query: string, ...given: Value[]) => {
        if (!isRead(query)) this.#begin();
        return cursor(this.#run(query, given));
      },
    },
    kv: {
      get: (key: string) => this.#values.get(key),
      put: (key: string, value: unknown) => {
        this.#begin();
        this.#values.set(key, value);
      },
    },
    transactionSync: <T>(work: () => T): T => {
      this.#begin();
      const values = new Map(this.#values);
      this.#db.exec('SAVEPOINT work');
      try {
        const result = work();
        this.#db.exec('RELEASE work');
        return result;
      } catch (error) {
        this.#values = values;
        this.#db.exec('ROLLBACK TO work; RELEASE work');
        throw error;
      }
    },
    // No event comes in while these are awaited: Cloudflare's input gate.
    getAlarm: () => Promise.resolve(this.#alarmAtMs),
    setAlarm: (atMs: number) => {
      this.#begin();
      this.#alarmAtMs = atMs;
      return Promise.resolve();
    },
    deleteAlarm: () => {
      this.#begin();
      this.#alarmAtMs = null;
      return Promise.resolve();
    },
    deleteAll: () => {
      this.#begin();
      this.#values.clear();
      const tables = this.#db
        .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
        .all();
      this.#statements.clear();
      for (const { name } of tables) this.#db.exec(`DROP TABLE "${String(name)}"`);
      return Promise.resolve();
    },
  };

  /** An alarm that runs is not set any more. */
  takeAlarm(): void {
    this.#begin();
    this.#alarmAtMs = null;
  }

  /** For checks: reads without leaving a trace. */
  rows(query: string): Record<string, unknown>[] {
    return this.#db.prepare(query).all();
  }

  close(): void {
    this.#db.close();
  }

  #run(query: string, given: readonly Value[]): Record<string, unknown>[] {
    if (!isRead(query) && this.failsToWrite())
      throw new Error('database or disk is full: SQLITE_FULL');
    if (given.length === 0 && query.includes(';')) {
      this.#db.exec(query);
      return [];
    }
    let statement = this.#statements.get(query);
    if (statement === undefined) this.#statements.set(query, (statement = this.#db.prepare(query)));
    const bound = given.map((value) =>
      value instanceof ArrayBuffer ? new Uint8Array(value) : value,
    );
    return statement.all(...bound);
  }

  #begin(): void {
    if (this.#before !== undefined) return;
    const owner = this.#owner!;
    this.#before = { alarmAtMs: this.#alarmAtMs, values: new Map(this.#values) };
    this.#db.exec('BEGIN');
    const { random } = owner.simulation;
    this.#confirming = owner.sleep(random.between(...SYNC_MS)).then(() => this.#commit());
  }

  #commit(): void {
    this.#db.exec('COMMIT');
    const { alarmAtMs } = this.#before!;
    this.#before = undefined;
    this.#confirming = undefined;
    if (alarmAtMs !== this.#alarmAtMs) this.onAlarmSet?.(this.#alarmAtMs);
  }
}

const isRead = (query: string): boolean => /^\s*SELECT/i.test(query);

function cursor(rows: Record<string, unknown>[]) {
  for (const row of rows)
    for (const [name, value] of Object.entries(row))
      if (value instanceof Uint8Array) row[name] = value.slice().buffer;
  return {
    toArray: () => rows,
    one() {
      if (rows.length !== 1) throw new Error(`one row was expected, and there were ${rows.length}`);
      return rows[0];
    },
    [Symbol.iterator]: () => rows[Symbol.iterator](),
  };
}
