import { readdirSync, readFileSync } from 'node:fs';
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from 'drizzle-kit/api';
import { expect, test } from 'vitest';
import * as tables from '../../../backend/store/tables.ts';

const META = new URL('../../../backend/store/migrations/meta/', import.meta.url);

test('the newest snapshot is what the tables declare, so that the next migration starts from there', async () => {
  const newest = readdirSync(META)
    .filter((file) => file.endsWith('_snapshot.json'))
    .toSorted()
    .at(-1)!;
  const kept = JSON.parse(readFileSync(new URL(newest, META), 'utf8'));
  const declared = await generateSQLiteDrizzleJson(tables, kept.id);
  expect(await generateSQLiteMigration(kept, declared)).toEqual([]);
});
