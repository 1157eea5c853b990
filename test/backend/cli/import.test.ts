import { afterAll, beforeAll, expect, test } from 'vitest';
import definition from '../../../shared/features/smarttrip.json' with { type: 'json' };
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { fileOf } from '../runs/metric-weights/files/support/csv-file.ts';
import { runCli } from './support/cli.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend.close());

const cli = (...args: string[]) =>
  runCli(args, { TRIMTAB_BACKEND: backend.url, TRIMTAB_KEY: SECRET_KEY });
const stored = async () =>
  (await backend.call('GET', '/v1/items?limit=1000')).body.items.map(
    (one: { id: string }) => one.id,
  );

const rows = (...lines: string[]) => fileOf(['id,price,status', ...lines].join('\n'));

test('an import says how many items are new, changed, unchanged and refused', async () => {
  const first = await cli('import', rows('a,1,open', 'b,2,open'));
  expect(first.stdout).toContain('imported 2 items: 2 new, 0 changed, 0 unchanged, 0 refused');
  const second = await cli('import', rows('a,1,open', 'b,3,open', 'c,4,open'));
  expect(second.stdout).toContain('imported 3 items: 1 new, 1 changed, 1 unchanged, 0 refused');
});

test('one refused row stops the import before anything is stored, and is named', async () => {
  // The first 1,500 items would be in two batches.
  const many = Array.from({ length: 1500 }, (_, n) => `many-${n},1,open`);
  const file = rows(...many, 'many-7,2,open', 'odd,0x10,open');
  const { exitCode, stderr } = await cli('import', file);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/2 of 1,502 rows refused:/);
  expect(stderr).toMatch(/line 1502: item many-7 is on line 9 already/);
  expect(stderr).toMatch(/line 1503: column price: "0x10" is no number/);
  expect(await stored()).toEqual(['a', 'b', 'c']);
  const skipped = await cli('import', file, '--skip-refused');
  expect(skipped.stdout).toContain('1,500 new, 0 changed, 0 unchanged, 2 refused');
});

test('variants are merged on request', async () => {
  const file = fileOf('id,themes,price\nv,food,1\nv,hiking,2\n');
  const { stdout } = await cli('import', file, '--merge', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ upserted: 1, merged: 1, refused: 0 });
  const { items } = (await backend.call('GET', '/v1/items?after=u')).body;
  expect(items).toEqual([{ id: 'v', themes: ['food', 'hiking'], price: 1 }]);
});

test('a complete file is the whole catalogue', async () => {
  const { stdout } = await cli('import', rows('a,1,open', 'new,2,open'), '--complete');
  expect(stdout).toMatch(/1 new, 0 changed, 1 unchanged, 0 refused; 1,503 items taken out/);
  expect(await stored()).toEqual(['a', 'new']);
});

test('a catalogue of which the schema knows no column is refused with both sides', async () => {
  const { exitCode, stderr } = await cli('import', fileOf('id,movie\nm,Alien\n'));
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/the items have movie; the schema has themes, difficulty/);
});

test('schema check --items names what does not fit; schema apply brings a schema in', async () => {
  const changed = { ...definition, name: 'mine', filters: [] };
  const mine = fileOf(JSON.stringify(changed), 'mine.json');
  const odd = await cli('schema', 'check', mine, '--items', rows('a,cheap,open'));
  expect(odd.stderr).toMatch(/1 row refused under schema mine:\n {2}line 2: column price: "cheap"/);
  expect((await cli('schema', 'check', mine, '--items', rows('a,1,open'))).exitCode).toBe(0);
  const { stdout } = await cli('schema', 'apply', mine);
  expect(stdout).toMatch(
    /schema mine \([0-9a-f]{16}\) is live as v000001, with its rules; 2 items/,
  );
  expect(stdout).toContain('Back: "trimtab promote v000000"');
  expect((await cli('schema', 'apply', mine)).stdout).toMatch(/live already, as v000001/);
  expect((await cli('schema', 'apply')).stderr).toMatch(/names no schema/);
});
