import { workerData } from 'node:worker_threads';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { drizzle } from 'drizzle-orm/libsql/sqlite3';
import { connect, type Database } from './connect.ts';

/**
 * In a worker: a connection of its own, for reading. The driver is synchronous, so seconds of counting would keep
 * everything else of the main thread waiting. @param database default: what the thread was started with.
 */
export const workerDatabase = (database = workerData as Database): LibSQLDatabase =>
  drizzle(connect(database));
