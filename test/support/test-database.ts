import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect } from '../../backend/store/connect.ts';
import { startHranaServer } from './hrana/server.ts';

export interface TestDatabase {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * An empty database: a local file in a folder. `TRIMTAB_TEST_DATABASE` has the same suites run over the network: with `server` the file is
 * behind a server of this process; else it is the address of an empty database elsewhere (`libsql://…?authToken=…`), which is emptied
 * after each use, and which one test at a time can have.
 */
export async function testDatabase(folder: string): Promise<TestDatabase> {
  const path = join(folder, 'store.db');
  const wanted = process.env.TRIMTAB_TEST_DATABASE ?? '';
  if (wanted === 'server') return startHranaServer(path);
  if (wanted !== '') return elsewhere(wanted);
  return { url: pathToFileURL(path).href, close: () => Promise.resolve() };
}

let isTaken = false;

async function elsewhere(url: string): Promise<TestDatabase> {
  if (isTaken) throw new Error('one test at a time can have the database of TRIMTAB_TEST_DATABASE');
  if ((await tablesOf(url)).length > 0)
    throw new Error('the database of TRIMTAB_TEST_DATABASE has tables: name an empty one');
  isTaken = true;
  return {
    url,
    async close() {
      const client = connect({ url });
      const drop = (await tablesOf(url)).map((name) => `drop table "${name}"`);
      await client.batch(['pragma defer_foreign_keys = on', ...drop], 'write');
      client.close();
      isTaken = false;
    },
  };
}

async function tablesOf(url: string): Promise<string[]> {
  const client = connect({ url });
  try {
    const { rows } = await client.execute(
      "select name from sqlite_master where type = 'table' and name not like 'sqlite%' and name not like 'libsql%'",
    );
    return rows.map((row) => row.name as string);
  } finally {
    client.close();
  }
}
