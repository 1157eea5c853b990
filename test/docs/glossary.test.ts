import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const glossary = readFileSync(new URL('../../docs/glossary.md', import.meta.url), 'utf8');
/** As `unit (of an experiment)`, which tells two meanings of one word apart. */
const entries = [...glossary.matchAll(/^- \*\*(.+?)\*\*(?: (\(.+?\)))?/gm)].map(
  ([, term, meaning = '']) => `${term} ${meaning}`.trim(),
);

test('every term has one entry', () => {
  expect(entries.length).toBeGreaterThan(100);
  expect(entries).toEqual([...new Set(entries)]);
});
