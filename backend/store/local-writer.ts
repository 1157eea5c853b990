import { messageOf } from '../../shared/text/message-of.ts';
import { isLocked } from './database-busy.ts';
import type { Write, Written } from './group-commits.ts';
import { LocalFile } from './local-file.ts';
import { probeSql } from './probe-sql.ts';
import { whileUnlocked } from './while-unlocked.ts';
import type { Writer } from './writer-calls.ts';

const READ_TOO_LONG = 'the database was being read for too long to be rewritten';
/** Each waits up to the connection's timeout of 5 s for readers to end. */
const ATTEMPTS = 6;

/** Writes to a local file by its only connection that may. */
export function localWriter(path: string): Writer {
  const file = new LocalFile(path);

  /** Moves the write-ahead log into the file and empties it. @returns false where readers held it all the time. */
  function emptyLog(): boolean {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [[busy]] = file.rows({ sql: 'PRAGMA wal_checkpoint(TRUNCATE)', args: [] });
      if (Number(busy) === 0) return true;
    }
    return false;
  }

  const countsOf = (write: Write): number[] =>
    write.map((one) => ('rows' in one ? file.runByRow(one) : file.run(one)));

  function alone(write: Write): Written {
    try {
      return { counts: file.transaction(() => countsOf(write)) };
    } catch (error) {
      return { why: messageOf(error), isBusy: isLocked(error) };
    }
  }

  return {
    async open() {
      await whileUnlocked(async () => file.exec('PRAGMA journal_mode = WAL'));
      // Acknowledged means on disk: FULL syncs the log at every commit.
      file.exec('PRAGMA synchronous = FULL');
      // What is deleted is overwritten, and not only marked as free.
      file.exec('PRAGMA secure_delete = ON');
    },

    async compact() {
      file.exec('VACUUM');
      if (!emptyLog()) throw new Error(`${READ_TOO_LONG}: its log still has what was deleted`);
    },

    emptyLog: async () => emptyLog(),

    /**
     * In one transaction; where a statement of one fails, each in its own. Once the lock was waited for in vain, all that are left have
     * that answer: a group that waited for it one by one would be answered after as many waits as it has writes.
     */
    async write(group) {
      if (group.length > 1)
        try {
          return file.transaction(() => group.map((write) => ({ counts: countsOf(write) })));
        } catch (error) {
          if (isLocked(error)) return group.map(() => ({ why: messageOf(error), isBusy: true }));
          // Nothing of it took effect, and which of them it was shows when each is made by itself.
        }
      const all: Written[] = [];
      let busy: Written | undefined;
      for (const write of group) {
        const written = busy ?? alone(write);
        if ('why' in written && written.isBusy) busy = written;
        all.push(written);
      }
      return all;
    },

    // In one call, so that no other write comes in between.
    probe: async (nowMs) => file.exec(probeSql(nowMs)),

    async close() {
      file.close();
    },
  };
}
