import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { damagedDatabases } from './integrity.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-integrity-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function makeDatabase(file: string): Promise<void> {
  const client = createClient({ url: pathToFileURL(file).href });
  await client.executeMultiple(`
    create table events (id integer primary key, name text);
    create index events_name on events (name);
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 2000)
      insert into events select i, 'event-' || i from n;`);
  client.close();
}

test('whole databases pass, a damaged one is named', async () => {
  mkdirSync(join(folder, 'edge'));
  const files = [join(folder, 'trimtab.db'), join(folder, 'edge/object.sqlite')];
  for (const file of files) await makeDatabase(file);
  expect(await damagedDatabases(folder)).toEqual([]);
  const bytes = readFileSync(files[1]);
  bytes.fill(0xab, 8192, 12_288);
  writeFileSync(files[1], bytes);
  expect(await damagedDatabases(folder)).toEqual([expect.stringMatching(/edge\/object\.sqlite/)]);
});

test('a folder without any is an error: nothing would have been checked', async () => {
  await expect(damagedDatabases(folder)).rejects.toThrow(/no database/);
});
