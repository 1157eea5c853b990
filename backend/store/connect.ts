import { createRequire } from 'node:module';
import type { Client } from '@libsql/client';
import { ConnectionPool, createClient, Sqlite3Client } from '@libsql/client/sqlite3';
import { keepStatements } from './keep-statements.ts';
import { localPathOf } from './local-path.ts';

export interface Database {
  /** `file:…` or a libSQL server. */
  readonly url: string;
  readonly authToken?: string;
}

const ONE_AT_A_TIME = 1;
const LOCK_TIMEOUT_MS = 5000;

/** One call at a time, as the local driver is synchronous; waits up to 5 s for another connection's lock. */
export function connect(database: Database): Client {
  const path = localPathOf(database.url);
  return path === undefined
    ? creatorFor(database.url)({
        ...database,
        concurrency: ONE_AT_A_TIME,
        timeout: LOCK_TIMEOUT_MS,
      })
    : localClient(path);
}

/** As the driver makes it, but for a connection that keeps its statements: its own parse each one every time. */
function localClient(path: string): Client {
  const pool = new KeepingPool(path, { timeout: LOCK_TIMEOUT_MS }, ONE_AT_A_TIME);
  // What cannot be opened is told now.
  pool.release(pool.acquireSync());
  return new Sqlite3Client(pool, 'number');
}

class KeepingPool extends ConnectionPool {
  override async acquire(forTransaction?: boolean) {
    return keepStatements(await super.acquire(forTransaction));
  }
}

const require = createRequire(import.meta.url);

/**
 * What speaks to servers is most of the driver: each thread that loads it computes for 65 ms, while one that reads a file
 * is ready after 25. So it is loaded only where the address is a server's, or nothing that the driver knows.
 */
const creatorFor = (url: string): typeof createClient =>
  /^file:/i.test(url)
    ? createClient
    : (require('@libsql/client') as { createClient: typeof createClient }).createClient;
