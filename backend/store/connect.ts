import { createRequire } from 'node:module';
import type { Client } from '@libsql/client';
import { createClient } from '@libsql/client/sqlite3';

export interface Database {
  /** `file:…` or a libSQL server. */
  readonly url: string;
  readonly authToken?: string;
}

/** One call at a time, as the local driver is synchronous; waits up to 5 s for another connection's lock. */
export const connect = (database: Database): Client =>
  creatorFor(database.url)({ ...database, concurrency: 1, timeout: 5000 });

const require = createRequire(import.meta.url);

/**
 * What speaks to servers is most of the driver: each thread that loads it computes for 65 ms, while one that reads a file
 * is ready after 25. So it is loaded only where the address is a server's, or nothing that the driver knows.
 */
const creatorFor = (url: string): typeof createClient =>
  /^file:/i.test(url)
    ? createClient
    : (require('@libsql/client') as { createClient: typeof createClient }).createClient;
