import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { openStore, type Statement } from '../../../backend/store/open.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const run = (text: string): Statement => ({ toSQL: () => ({ sql: text, params: [] }) });

test('a writer that has ended is started again by the next write, with the settings of the first', async () => {
  const file = join(temporaryFolder(), 'store.db');
  const started = once(process, 'worker') as Promise<[Worker]>;
  const store = await openStore({ url: pathToFileURL(file).href });
  const [writer] = await started;
  try {
    await store.write([run('create table kept (n integer)'), run('insert into kept values (1)')]);
    await writer.terminate();
    expect(await store.write([run('insert into kept values (2), (3)')])).toEqual([2]);
    expect(await store.db.all(sql`select n from kept order by n`)).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ]);
    await store.probe(1);
    // What was deleted is overwritten, as the first one was told to do.
    await store.write([run(`insert into kept values ('never seen again')`)]);
    await store.write([run(`delete from kept where n = 'never seen again'`)]);
    expect(await store.emptyLog()).toBe(true);
    expect(readFileSync(file).includes('never seen again')).toBe(false);
  } finally {
    await store.close();
  }
});
