import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const BACKEND = fileURLToPath(new URL('../../../../backend/', import.meta.url));

/** What is told of people is told by the account: its own tables, and those that it judges. */
const RAW = [
  /\b(?:from|join) (?:events|outcomes|session_days|user_days|late_rankings)\b/,
  /\$\{(?:events|outcomes|sessionDays|userDays|lateRankings)\b/,
  /import \{[^}]*\b(?:events|outcomes|sessionDays|userDays|lateRankings)\b[^}]*\} from '[^']*tables\.ts'/,
];
const rawIn = (text: string) => RAW.filter((pattern) => pattern.test(text));

test('nobody but the log looks at what came in before it is judged', async () => {
  const readers = await Array.fromAsync(glob('**/*.ts', { cwd: BACKEND }));
  const others = readers.filter((file) => !/^(?:log|store)\//.test(file));
  expect(others.length).toBeGreaterThan(300);
  expect(
    others.filter((file) => rawIn(readFileSync(`${BACKEND}${file}`, 'utf8')).length > 0),
  ).toEqual([]);
});

test.each([
  "import { decisions, events } from '../store/tables.ts';",
  'select count(*) from events e',
  'cross join outcomes o on o.userId = u.unit',
  'select * from ${events}',
])('that it does would be seen: %s', (line) => {
  expect(rawIn(line)).not.toEqual([]);
});
