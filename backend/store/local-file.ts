import type { InValue } from '@libsql/client';
import Libsql from 'libsql';
import { unpackCells, type Cell } from './row-cells.ts';
import type { BoundStatement, StatementByRow } from './statements.ts';

/** A little more than the backend has that are run again and again. */
const MOST_KEPT = 200;
/** Longer ones are made for what they are about, and hardly come again. */
const LONGEST_KEPT = 10_000;
const LOCK_TIMEOUT_MS = 5000;

type Prepared = Libsql.Statement<unknown[]>;

/**
 * A connection to a local file that keeps its statements: `@libsql/client`, which speaks to servers as well, has each one parsed
 * and planned every time. It is the same library below. All of it is synchronous; waits up to 5 s for another connection's lock.
 */
export class LocalFile {
  readonly #db: Libsql.Database;
  /** The least recently used first. */
  readonly #kept = new Map<string, Prepared>();

  constructor(path: string) {
    this.#db = new Libsql(path, { timeout: LOCK_TIMEOUT_MS });
  }

  /** @returns how many rows it affected; 0 of one that returns rows. @throws Error as SQLite says it. */
  run({ sql, args }: BoundStatement): number {
    const statement = this.#prepared(sql);
    const bound = args.map(bindable);
    if (!statement.reader) return statement.run(bound).changes;
    statement.all(bound);
    return 0;
  }

  /** @returns how many rows it affected in all. */
  runByRow({ sql, rows, chosen }: StatementByRow): number {
    const which = chosen && new Set(this.rows(chosen).map(([number]) => Number(number)));
    const statement = this.#prepared(sql);
    let changes = 0;
    let number = 0;
    for (const row of unpackCells(rows))
      if (which === undefined || which.has(number++))
        changes += statement.run(row as Cell[]).changes;
    return changes;
  }

  rows({ sql, args }: BoundStatement): unknown[][] {
    return this.#prepared(sql).raw().all(args.map(bindable)) as unknown[][];
  }

  /** Several statements without arguments. */
  exec(sql: string): void {
    try {
      this.#db.exec(sql);
    } finally {
      this.#rollBack();
    }
  }

  /** @throws what `work` throws: then nothing of it took effect. */
  transaction<T>(work: () => T): T {
    this.#prepared('BEGIN IMMEDIATE').run();
    try {
      const result = work();
      // SQLite ends a transaction by itself where the disk is full.
      if (!this.#db.inTransaction) throw new Error('the transaction has been rolled back');
      this.#prepared('COMMIT').run();
      return result;
    } finally {
      this.#rollBack();
    }
  }

  close(): void {
    this.#kept.clear();
    this.#db.close();
  }

  #rollBack(): void {
    if (this.#db.inTransaction) this.#prepared('ROLLBACK').run();
  }

  #prepared(sql: string): Prepared {
    const known = this.#kept.get(sql);
    if (known !== undefined) {
      this.#kept.delete(sql);
      this.#kept.set(sql, known);
      return known;
    }
    const statement = this.#db.prepare(sql);
    if (sql.length > LONGEST_KEPT) return statement;
    this.#kept.set(sql, statement);
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return statement;
  }
}

/** As `@libsql/client` binds it. */
function bindable(value: InValue): InValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.getTime();
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new RangeError(`${value} cannot be stored: only finite numbers can`);
  if (value === undefined) throw new TypeError('an argument of a statement is undefined');
  return value;
}
