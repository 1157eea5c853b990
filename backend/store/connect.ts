import { createClient, type Client } from '@libsql/client';

export interface Database {
  /** `file:…` or a libSQL server. */
  readonly url: string;
  readonly authToken?: string;
}

/** One call at a time, as the local driver is synchronous; waits up to 5 s for another connection's lock. */
export const connect = (database: Database): Client =>
  createClient({ ...database, concurrency: 1, timeout: 5000 });
