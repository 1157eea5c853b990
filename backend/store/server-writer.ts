import { messageOf } from '../../shared/text/message-of.ts';
import { connect, type Database } from './connect.ts';
import { isLocked } from './database-busy.ts';
import type { Written } from './group-commits.ts';
import { probeSql } from './probe-sql.ts';
import type { BoundStatement } from './statements.ts';
import type { Writer } from './writer-calls.ts';

/** Writes to a libSQL server, which keeps its own disk. */
export function serverWriter(database: Database): Writer {
  const client = connect(database);
  return {
    open: () => Promise.resolve(),
    compact: () => Promise.resolve(),
    emptyLog: () => Promise.resolve(true),
    /** One after the other: each is a transaction of its own. */
    async write(group) {
      const all: Written[] = [];
      for (const write of group)
        try {
          // By row they are made for local files only.
          const results = await client.batch(write as BoundStatement[], 'write');
          all.push({ counts: results.map(({ rowsAffected }) => rowsAffected) });
        } catch (error) {
          all.push({ why: messageOf(error), isBusy: isLocked(error) });
        }
      return all;
    },
    // In one call, so that no other write comes in between.
    probe: (nowMs) => client.executeMultiple(probeSql(nowMs)),
    close() {
      client.close();
      return Promise.resolve();
    },
  };
}
