import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@libsql/client';
import { expect, test } from 'vitest';
import { openStore } from '../../../backend/store/open.ts';
import { sized, SIZE } from '../../support/size.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const PROGRAM = fileURLToPath(new URL('./support/open-once.ts', import.meta.url));
const PROCESSES = 4;
const ROUNDS = sized({ small: 4, full: 12, hours: 60 });

/** Starts the processes, and lets them open the store when all of them have loaded. @returns what each one said at its end. */
async function openAtOnce(url: string): Promise<string[]> {
  const children = Array.from({ length: PROCESSES }, () =>
    spawn(process.execPath, ['--no-warnings', PROGRAM, url], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    }),
  );
  const said = children.map(async (child) => {
    let text = '';
    child.stderr!.setEncoding('utf8').on('data', (part: string) => (text += part));
    const [code] = await once(child, 'exit');
    return code === 0 ? 'opened' : text;
  });
  await Promise.all(children.map((child) => once(child, 'message')));
  for (const child of children) child.send('open');
  return Promise.all(said);
}

test(`a fresh file takes ${PROCESSES} first starts at once, each of ${ROUNDS} times (${SIZE})`, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const url = `file:${join(temporaryFolder(), 'store.db')}`;
    expect(await openAtOnce(url)).toEqual(Array.from({ length: PROCESSES }, () => 'opened'));
    const client = createClient({ url });
    const { rows } = await client.execute(`
      select (select count(*) from log_marks where name like 'start %') as starts,
        (select count(*) from __drizzle_migrations) as migrations,
        (select count(distinct created_at) from __drizzle_migrations) as different`);
    client.close();
    expect(rows[0].starts).toBe(PROCESSES);
    expect(rows[0].migrations).toBe(rows[0].different);
  }
});

test('the database, its log and its shared memory are their owner’s only, also where they were not', async () => {
  const file = join(temporaryFolder(), 'store.db');
  const before = createClient({ url: `file:${file}` });
  await before.execute('create table made_before (a)');
  before.close();
  const store = await openStore({ url: `file:${file}` });
  await store.write([
    { toSQL: () => ({ sql: `insert into log_marks values ('a', '1')`, params: [] }) },
  ]);
  const modes = ['', '-wal', '-shm'].map((end) => statSync(`${file}${end}`).mode & 0o777);
  await store.close();
  expect(modes).toEqual([0o600, 0o600, 0o600]);
});
