import { workerData } from 'node:worker_threads';
import type { InValue } from '@libsql/client';
import { serve } from '../process/serve.ts';
import { connect, type Database } from './connect.ts';
import { whileUnlocked } from './while-unlocked.ts';

export interface BoundStatement {
  readonly sql: string;
  readonly args: InValue[];
}

/**
 * The only connection that writes: the local driver is synchronous, so its work belongs off the main thread,
 * and several writers can lose commits (tursodatabase/libsql#2271).
 */
const client = connect(workerData as Database);

const READ_TOO_LONG = 'the database was being read for too long to be rewritten';
/** Each waits up to the connection's timeout of 5 s for readers to end. */
const ATTEMPTS = 6;

/** Moves the write-ahead log into the file and empties it. @returns false where readers held it all the time. */
async function emptyLog(): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { rows } = await client.execute('PRAGMA wal_checkpoint(TRUNCATE)');
    if (Number(rows[0].busy) === 0) return true;
  }
  return false;
}
/**
 * First a row that needs pages which the database does not have yet: on a full disk a small change still finds room in
 * those that it has. It is rolled back, or its pages would be the room that the next probe finds. Then a small row, to
 * the disk: always the same one, a lease that nobody holds.
 */
const probeSql = (nowMs: number) => `
  BEGIN IMMEDIATE;
  INSERT INTO leases (name, holder, expiresAt) VALUES ('probe of room', hex(zeroblob(65536)), 0);
  ROLLBACK;
  INSERT INTO leases (name, holder, expiresAt) VALUES ('probe of writing', '', ${nowMs})
    ON CONFLICT (name) DO UPDATE SET expiresAt = excluded.expiresAt;`;

const exposed = {
  async open(): Promise<void> {
    if (client.protocol !== 'file') return;
    await whileUnlocked(() => client.execute('PRAGMA journal_mode = WAL'));
    // Acknowledged means on disk: FULL syncs the log at every commit.
    await client.execute('PRAGMA synchronous = FULL');
    // What is deleted is overwritten, and not only marked as free.
    await client.execute('PRAGMA secure_delete = ON');
  },

  async compact(): Promise<void> {
    if (client.protocol !== 'file') return;
    await client.execute('VACUUM');
    if (!(await emptyLog()))
      throw new Error(`${READ_TOO_LONG}: its log still has what was deleted`);
  },

  async emptyLog(): Promise<boolean> {
    return client.protocol !== 'file' || emptyLog();
  },

  async write(statements: BoundStatement[]): Promise<number[]> {
    const results = await client.batch(statements, 'write');
    return results.map((result) => result.rowsAffected);
  },

  /** @throws what keeps a write from being made. */
  async probe(nowMs: number): Promise<void> {
    // In one call, so that no other write comes in between.
    await client.executeMultiple(probeSql(nowMs));
  },

  close(): void {
    client.close();
  },
};

export type Writer = typeof exposed;
serve(exposed);
