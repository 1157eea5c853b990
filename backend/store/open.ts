import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { drizzle } from 'drizzle-orm/libsql/sqlite3';
import type { Remote } from 'comlink';
import { shownAddress } from '../process/address.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { threadOnDemand, type Thread } from '../process/thread.ts';
import { connect, type Database } from './connect.ts';
import { makeFilePrivate } from './private-file.ts';
import { groupCommits, type WriteOptions } from './group-commits.ts';
import { bind, bindLocally, type Statement } from './statements.ts';
import { migrate } from './upgrade/migrate.ts';
import { MIGRATIONS } from './upgrade/migrations.ts';
import { NewerDatabase } from './upgrade/upgrade-state.ts';
import type { Writer } from './writer-calls.ts';

export type { Statement } from './statements.ts';

export interface Store {
  /** For reading only. */
  readonly db: LibSQLDatabase;
  /**
   * All statements in one transaction, durable when it resolves. Writes that wait at the same time may share it.
   * @returns the number of rows that each statement affected. @throws when any fails: then none took effect. DatabaseBusy: it may
   * succeed later.
   */
  write(statements: readonly Statement[], options?: WriteOptions): Promise<number[]>;
  /** Really writes. @throws Error saying why the database cannot be written. */
  probe(nowMs: number): Promise<void>;
  /**
   * Rewrites a local file, so that nothing that was deleted or replaced is left in it or in its log. What a server keeps of
   * it is its operator's. @throws Error where readers held the log for half a minute.
   */
  compact(): Promise<void>;
  /**
   * Moves a local file's write-ahead log into the file, which takes what was deleted out of it, and empties it.
   * @returns false where readers held it for half a minute.
   */
  emptyLog(): Promise<boolean>;
  close(): Promise<void>;
}

function connected(database: Database) {
  try {
    makeFilePrivate(database.url);
    return connect(database);
  } catch (error) {
    throw cannotOpen(database, error);
  }
}

/** The address may hold a token, and so may what the driver says of it. */
function cannotOpen({ url }: Database, error: unknown): Error {
  const cause = messageOf(error instanceof Error ? (error.cause ?? error) : error);
  const said = cause.replaceAll(/\w+:\/\/[^\s"'<>]+/g, shownAddress);
  return new Error(
    `cannot open the database ${shownAddress(url)} (${said}): check LIBSQL_URL, or restore the file`,
    { cause: error },
  );
}

/**
 * The thread of the writer. Where it has ended by itself, such as for want of memory, the writes that it had been given are refused, whether or not they
 * took effect, and the next one goes to a new thread, which opens the database first.
 */
function writerThread(database: Database): Thread<Writer> {
  const thread = threadOnDemand<Writer>(new URL('./writer.ts', import.meta.url), database);
  const opened = new WeakMap<Remote<Writer>, Promise<void>>();
  const open = async (writer: Remote<Writer>) => {
    const opening = opened.get(writer) ?? writer.open();
    opened.set(writer, opening);
    try {
      await opening;
    } catch (error) {
      opened.delete(writer);
      throw error;
    }
  };
  return {
    call: (use) =>
      thread.call(async (writer) => {
        await open(writer);
        return use(writer);
      }),
    stop: () => thread.stop(),
  };
}

/**
 * Opens the database and brings it to what this version needs, also where other processes do. From then on one worker thread owns the only
 * connection that writes. @param folder of migrations; default: those of this version.
 * @throws Error where it cannot be opened, or a newer version has upgraded it for good.
 */
export async function openStore(database: Database, folder = MIGRATIONS): Promise<Store> {
  const client = connected(database);
  const db = drizzle(client);
  try {
    await migrate(client, database.url, folder);
    if (client.protocol === 'file') await client.execute('PRAGMA query_only = ON');
  } catch (error) {
    client.close();
    throw error instanceof NewerDatabase ? error : cannotOpen(database, error);
  }
  const thread = writerThread(database);
  try {
    await thread.call(() => Promise.resolve());
  } catch (error) {
    client.close();
    await thread.stop();
    throw error;
  }
  const bound = client.protocol === 'file' ? bindLocally : bind;
  const commits = groupCommits((group) => thread.call((writer) => writer.write(group)));
  return {
    db,
    write: async (statements, options) =>
      statements.length === 0 ? [] : commits.write(statements.map(bound), options),
    probe: (nowMs) => thread.call((writer) => writer.probe(nowMs)),
    compact: () => thread.call((writer) => writer.compact()),
    emptyLog: () => thread.call((writer) => writer.emptyLog()),
    async close() {
      client.close();
      await commits.idle();
      await thread.call((writer) => writer.close());
      await thread.stop();
    },
  };
}
