import { workerData } from 'node:worker_threads';
import { serve } from '../process/serve.ts';
import type { Database } from './connect.ts';
import type { Write, Written } from './group-commits.ts';
import { localPathOf } from './local-path.ts';
import { localWriter } from './local-writer.ts';
import { serverWriter } from './server-writer.ts';

/**
 * The only connection that writes: the local driver is synchronous, so its work belongs off the main thread,
 * and several writers can lose commits (tursodatabase/libsql#2271).
 */
export interface Writer {
  open(): Promise<void>;
  compact(): Promise<void>;
  /** @returns false where readers held the log all the time. */
  emptyLog(): Promise<boolean>;
  /** @returns what became of each write of the group, of which none depends on another. */
  write(group: readonly Write[]): Promise<Written[]>;
  /** @throws what keeps a write from being made. */
  probe(nowMs: number): Promise<void>;
  close(): Promise<void>;
}

const database = workerData as Database;
const path = localPathOf(database.url);
serve(path === undefined ? serverWriter(database) : localWriter(path));
