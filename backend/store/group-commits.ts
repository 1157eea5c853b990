import { DatabaseBusy } from './database-busy.ts';
import type { BoundStatement, StatementByRow } from './statements.ts';

export type Write = readonly (BoundStatement | StatementByRow)[];
/** How many rows each statement of a write affected, or why none took effect. */
export type Written =
  | { readonly counts: number[] }
  | {
      readonly why: string;
      /** The database was locked all the time: the same write may succeed later. */
      readonly isBusy?: boolean;
    };

export interface WriteOptions {
  /** One that has waited for so long without being begun is not made. Absent: it waits for as long as it takes. */
  readonly beginWithinMs?: number;
}

export interface GroupCommits {
  /**
   * @returns the rows that each statement affected, once it is durable.
   * @throws why none took effect; DatabaseBusy where it was not begun, or the database was locked.
   */
  readonly write: (write: Write, options?: WriteOptions) => Promise<number[]>;
  /** Resolves when all that was written so far has an answer. */
  idle(): Promise<void>;
}

interface Waiting {
  readonly write: Write;
  readonly resolve: (counts: number[]) => void;
  readonly reject: (error: unknown) => void;
  timer?: ReturnType<typeof setTimeout>;
}

/** So that the first of them does not wait too long for the last. */
const MOST_AT_ONCE = 16;

/**
 * Sends what waits while another write is made as one group, which is one commit: syncing the disk for each by itself would take most of
 * the time of many small ones. Each is answered by itself, and only when the commit is on disk.
 */
export function groupCommits(send: (group: Write[]) => Promise<Written[]>): GroupCommits {
  const waiting: Waiting[] = [];
  let sending: Promise<void> | undefined;

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.splice(0, MOST_AT_ONCE);
      for (const { timer } of group) clearTimeout(timer);
      try {
        const all = await send(group.map(({ write }) => write));
        group.forEach(({ resolve, reject }, i) => {
          const written = all[i];
          if ('why' in written)
            reject(written.isBusy ? new DatabaseBusy(written.why) : new Error(written.why));
          else resolve(written.counts);
        });
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    sending = undefined;
  }

  /** Where another group takes too long. */
  function giveUp(one: Waiting): void {
    const place = waiting.indexOf(one);
    if (place === -1) return;
    waiting.splice(place, 1);
    one.reject(new DatabaseBusy('the write waited too long for those before it'));
  }

  return {
    write: (write, { beginWithinMs } = {}) =>
      new Promise((resolve, reject) => {
        const one: Waiting = { write, resolve, reject };
        waiting.push(one);
        if (beginWithinMs !== undefined) one.timer = setTimeout(giveUp, beginWithinMs, one);
        sending ??= sendAll();
      }),
    idle: async () => sending,
  };
}
