import type { Write, Written } from './group-commits.ts';

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
