import type { InValue } from '@libsql/client';
import Libsql from 'libsql';
import { keepStatements } from './keep-statements.ts';
import { unpackCells } from './row-cells.ts';
import type { BoundStatement, StatementByRow } from './statements.ts';

const LOCK_TIMEOUT_MS = 5000;

/**
 * A connection to a local file that keeps its statements: `@libsql/client`, which speaks to servers as well, has each one parsed
 * and planned every time. It is the same library below. All of it is synchronous; waits up to 5 s for another connection's lock.
 */
export class LocalFile {
  readonly #db: Libsql.Database;

  constructor(path: string) {
    this.#db = keepStatements(new Libsql(path, { timeout: LOCK_TIMEOUT_MS }));
  }

  /** @returns how many rows it affected; 0 of one that returns rows. @throws Error as SQLite says it. */
  run({ sql, args }: BoundStatement): number {
    const statement = this.#db.prepare(sql);
    const bound = args.map(bindable);
    if (!statement.reader) return statement.run(bound).changes;
    statement.all(bound);
    return 0;
  }

  /** @returns how many rows it affected in all. */
  runByRow({ sql, rows, chosen }: StatementByRow): number {
    const which = chosen && new Set(this.rows(chosen).map(([number]) => Number(number)));
    const statement = this.#db.prepare(sql);
    let changes = 0;
    let number = 0;
    for (const row of unpackCells(rows))
      if (which === undefined || which.has(number++)) changes += statement.run(row).changes;
    return changes;
  }

  rows({ sql, args }: BoundStatement): unknown[][] {
    return this.#db.prepare(sql).raw().all(args.map(bindable)) as unknown[][];
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
    this.#db.prepare('BEGIN IMMEDIATE').run();
    try {
      const result = work();
      // SQLite ends a transaction by itself where the disk is full.
      if (!this.#db.inTransaction) throw new Error('the transaction has been rolled back');
      this.#db.prepare('COMMIT').run();
      return result;
    } finally {
      this.#rollBack();
    }
  }

  close(): void {
    this.#db.close();
  }

  #rollBack(): void {
    if (this.#db.inTransaction) this.#db.prepare('ROLLBACK').run();
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
