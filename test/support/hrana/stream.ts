import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'libsql';
import type {
  Batch,
  BatchCondition,
  BatchResult,
  HranaError,
  HranaStatement,
  HranaValue,
  SqlRef,
  StatementResult,
  StreamRequest,
  StreamResponse,
} from './protocol.ts';

/** How long a statement waits for the transaction of another stream, as servers do. */
const LOCK_PATIENCE_MS = 5000;
const LOCK_LOOK_MS = 2;

/** A connection of the local engine that a client holds from request to request, with its transaction. */
export class HranaStream {
  readonly #db: Database.Database;
  readonly #stored = new Map<number, string>();

  /** @param path of the database file. */
  constructor(path: string) {
    // Waiting inside the driver would keep the other stream from ending its transaction.
    this.#db = new Database(path, { timeout: 0 });
  }

  async answer(request: StreamRequest): Promise<StreamResponse> {
    switch (request.type) {
      case 'execute':
        return { type: 'execute', result: await this.#execute(request.stmt) };
      case 'batch':
        return { type: 'batch', result: await this.#batch(request.batch) };
      case 'sequence': {
        const sql = this.#textOf(request);
        await whileLocked(() => this.#db.exec(sql));
        return { type: 'sequence' };
      }
      case 'store_sql':
        this.#stored.set(request.sql_id, request.sql);
        return { type: 'store_sql' };
      case 'close_sql':
        this.#stored.delete(request.sql_id);
        return { type: 'close_sql' };
      case 'get_autocommit':
        return { type: 'get_autocommit', is_autocommit: !this.#db.inTransaction };
      case 'close':
        return { type: 'close' };
      default:
        throw request satisfies never;
    }
  }

  close(): void {
    if (this.#db.inTransaction) this.#db.exec('rollback');
    this.#db.close();
  }

  #textOf({ sql, sql_id }: SqlRef): string {
    const text = sql ?? this.#stored.get(sql_id!);
    if (text === undefined) throw new Error(`there is no SQL text ${sql_id}`);
    return text;
  }

  async #execute(stmt: HranaStatement): Promise<StatementResult> {
    const sql = this.#textOf(stmt);
    const { args = [], named_args: named = [] } = stmt;
    const bound =
      named.length > 0
        ? [
            Object.fromEntries(
              named.map(({ name, value }) => [name.replace(/^[:@$]/, ''), toSqlite(value)]),
            ),
          ]
        : args.map(toSqlite);
    // One statement for all attempts: SQLite takes one that met a lock for under way until it is run again, and commits nothing meanwhile.
    const statement = await whileLocked(() => this.#db.prepare(sql).safeIntegers(true));
    return whileLocked(() => {
      if (!statement.reader) {
        const { changes, lastInsertRowid } = statement.run(...bound);
        return {
          cols: [],
          rows: [],
          affected_row_count: changes,
          last_insert_rowid: String(lastInsertRowid),
        };
      }
      const before = this.totalChanges();
      const rows = statement.raw(true).all(...bound) as unknown[][];
      return {
        cols: statement.columns().map(({ name, type }) => ({ name, decltype: type })),
        rows: rows.map((row) => row.map(fromSqlite)),
        affected_row_count: this.totalChanges() - before,
        last_insert_rowid: null,
      };
    });
  }

  /** Rows that it has changed since it was opened, committed or not. */
  totalChanges(): number {
    // One that is not read to its end would keep a transaction from being committed.
    const [[count]] = this.#db.prepare('select total_changes()').raw(true).all() as number[][];
    return count;
  }

  async #batch({ steps }: Batch): Promise<BatchResult> {
    const result: BatchResult = { step_results: [], step_errors: [] };
    for (const { condition, stmt } of steps) {
      const [done, failed] = !this.#holds(condition ?? undefined, result)
        ? [null, null]
        : await this.#execute(stmt).then(
            (one) => [one, null] as const,
            (error: unknown) => [null, errorOf(error)] as const,
          );
      result.step_results.push(done);
      result.step_errors.push(failed);
    }
    return result;
  }

  #holds(condition: BatchCondition | undefined, result: BatchResult): boolean {
    if (condition === undefined) return true;
    switch (condition.type) {
      case 'ok':
        return result.step_results[condition.step] !== null;
      case 'error':
        return result.step_errors[condition.step] !== null;
      case 'not':
        return !this.#holds(condition.cond, result);
      case 'and':
        return condition.conds.every((one) => this.#holds(one, result));
      case 'or':
        return condition.conds.some((one) => this.#holds(one, result));
      case 'is_autocommit':
        return !this.#db.inTransaction;
      default:
        throw condition satisfies never;
    }
  }
}

export const errorOf = (error: unknown): HranaError => ({
  message: error instanceof Error ? error.message : String(error),
  code: codeOf(error) ?? 'SQLITE_ERROR',
});

const codeOf = (error: unknown): string | undefined =>
  (error as { readonly code?: string } | undefined)?.code;

/** Tries again while another stream has the lock that it needs. */
async function whileLocked<T>(run: () => T): Promise<T> {
  for (const beganMs = performance.now(); ;) {
    try {
      return run();
    } catch (error) {
      const isLocked = codeOf(error)?.startsWith('SQLITE_BUSY') === true;
      if (!isLocked || performance.now() - beganMs > LOCK_PATIENCE_MS) throw error;
    }
    await sleep(LOCK_LOOK_MS);
  }
}

function toSqlite(value: HranaValue): unknown {
  switch (value.type) {
    case 'null':
      return null;
    case 'integer':
      return BigInt(value.value);
    case 'float':
    case 'text':
      return value.value;
    case 'blob':
      return Buffer.from(value.base64, 'base64');
    default:
      throw value satisfies never;
  }
}

function fromSqlite(value: unknown): HranaValue {
  if (value === null) return { type: 'null' };
  if (typeof value === 'bigint') return { type: 'integer', value: String(value) };
  if (typeof value === 'number') return { type: 'float', value };
  if (typeof value === 'string') return { type: 'text', value };
  if (value instanceof Uint8Array)
    return { type: 'blob', base64: Buffer.from(value).toString('base64') };
  throw new Error(`no value of SQLite is a ${typeof value}`);
}
