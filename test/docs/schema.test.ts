import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { parseItem } from '../../shared/domain/item.ts';
import { refuseMisspeltFields } from '../../shared/features/schema-fields.ts';
import { KIND_NAMES } from '../../shared/features/kinds/index.ts';
import { parseSchema } from '../../shared/features/schema.ts';
import { EVERY_KIND } from '../support/every-kind.ts';
import { COLUMN_TYPES, jsonSchema, kindFields, schemaText } from './support/schema-reference.ts';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

function formatted(path: string, input: string): string {
  const { stdout, status } = spawnSync(
    process.execPath,
    [root('node_modules/oxfmt/bin/oxfmt'), '--stdin-filepath', root(path)],
    { input, encoding: 'utf8', cwd: root('.') },
  );
  expect(status).toBe(0);
  return stdout;
}

test('docs/schema.md is of these columns and kinds', async () => {
  await expect(formatted('docs/schema.md', schemaText())).toMatchFileSnapshot(
    root('docs/schema.md'),
  );
});

test('docs/schema.schema.json is of them, too', async () => {
  const text = JSON.stringify(jsonSchema(), null, 2);
  await expect(formatted('docs/schema.schema.json', text)).toMatchFileSnapshot(
    root('docs/schema.schema.json'),
  );
});

test('every field of a kind is one that a schema may have', () => {
  for (const kind of KIND_NAMES) {
    const fields = kindFields(kind).map(({ name }) => name);
    expect(fields.slice(0, 2)).toEqual(['name', 'kind']);
    // A field that is not known is refused where it is nearly a known one, and this is how that is told.
    for (const field of fields)
      expect(() => refuseMisspeltFields({ features: [{ [`${field}x`]: 1 }] })).toThrow(field);
  }
});

test.each(Object.entries(COLUMN_TYPES))('the example of a %s is one', (_, { spec, item }) => {
  const [column] = packItems([spec], [parseItem({ id: 'a', ...item })]).columns;
  // No table holds an embedding.
  expect([...column.codes]).toEqual([spec.type === 'embedding' ? 0 : 1]);
});

describe('the JSON Schema', () => {
  const validator = z.fromJSONSchema(jsonSchema());
  const accepts = (value: unknown) => validator.safeParse(value).success;
  const read = (path: string) => JSON.parse(readFileSync(root(path), 'utf8')) as object;

  test.each(['shared/features/smarttrip.json', 'backend/replay/trivago.schema.json'])(
    'takes %s',
    (path) => expect(accepts(read(path))).toBe(true),
  );

  test('takes every kind', () => expect(accepts(EVERY_KIND)).toBe(true));

  test.each<[string, object]>([
    ['a kind that there is not', { features: [{ name: 'a', kind: 'quantil', column: 'price' }] }],
    ['a field of another kind', { features: [{ name: 'a', kind: 'constant', edges: [1] }] }],
    ['a type that there is not', { columns: [{ name: 'a', type: 'text' }] }],
    ['a position that there is not', { training: { position: 'none' } }],
    ['no feature', { features: [] }],
  ])('refuses %s', (_, change) => expect(accepts({ ...EVERY_KIND, ...change })).toBe(false));
});

test('a schema may name its JSON Schema, which changes nothing', () => {
  const named = { $schema: './docs/schema.schema.json', ...EVERY_KIND };
  expect(parseSchema(named)).toEqual(parseSchema(EVERY_KIND));
});
