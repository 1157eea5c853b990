import type { BoundStatement, StatementByRow } from './statements.ts';

export type Write = readonly (BoundStatement | StatementByRow)[];
/** How many rows each statement of a write affected, or why none took effect. */
export type Written = { readonly counts: number[] } | { readonly why: string };

export interface GroupCommits {
  /** @returns the rows that each statement affected, once it is durable. @throws why none took effect. */
  write(write: Write): Promise<number[]>;
  /** Resolves when all that was written so far has an answer. */
  idle(): Promise<void>;
}

/** So that the first of them does not wait too long for the last. */
const MOST_AT_ONCE = 16;

/**
 * Sends what waits while another write is made as one group, which is one commit: syncing the disk for each by itself would take most of
 * the time of many small ones. Each is answered by itself, and only when the commit is on disk.
 */
export function groupCommits(send: (group: Write[]) => Promise<Written[]>): GroupCommits {
  const waiting: {
    readonly write: Write;
    readonly resolve: (counts: number[]) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  let sending: Promise<void> | undefined;

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.splice(0, MOST_AT_ONCE);
      try {
        const all = await send(group.map(({ write }) => write));
        group.forEach(({ resolve, reject }, i) => {
          const written = all[i];
          if ('why' in written) reject(new Error(written.why));
          else resolve(written.counts);
        });
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    sending = undefined;
  }

  return {
    write: (write) =>
      new Promise((resolve, reject) => {
        waiting.push({ write, resolve, reject });
        sending ??= sendAll();
      }),
    idle: async () => sending,
  };
}
