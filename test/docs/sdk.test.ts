import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { EVENT_TYPES, parseEvent, VALUE_RANGES } from '../../shared/domain/event.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = readFileSync(`${ROOT}docs/sdk.md`, 'utf8');
const rows = new Map(
  [...PAGE.matchAll(/^\| `(\w+)` +\| (needed|optional) +\| (.*?) +\|/gm)].map(
    ([, type, item, value]) => [type, { item, value }],
  ),
);

test('the page has each type of event, and no other', () => {
  expect([...rows.keys()].toSorted()).toEqual([...EVENT_TYPES].toSorted());
});

test.each(EVENT_TYPES)(
  'it says of %s whether it needs an item, and what its value may be',
  (type) => {
    const event = {
      eventId: 'e',
      type,
      rankingId: 'r',
      timestamp: Date.UTC(2026, 0, 1),
      token: 't',
      properties: { cell: '0,0' },
    };
    const { item, value } = rows.get(type)!;
    if (item === 'needed') expect(() => parseEvent(event)).toThrow('needs an itemId');
    else expect(parseEvent(event).type).toBe(type);
    const { unit, min, max } = VALUE_RANGES[type];
    if (unit === 'a share') expect(value).toMatch(/0–1|0 \(worst\) to 1/);
    if (type === 'dwell') expect(value).toContain(`milliseconds, ${min} to ${max}`);
    if (min < 0) expect(value).toMatch(/either sign|below 0/);
  },
);

test('the page names each attribute that the client reads, and no other', () => {
  const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const sources = globSync(['edge/client/*.ts', 'edge/client/{extras,react}/*.ts'], { cwd: ROOT })
    .map((file) => readFileSync(`${ROOT}${file}`, 'utf8'))
    .join('\n');
  const read = [
    ...[...sources.matchAll(/data-trimtab-([a-z]+(?:-[a-z]+)*)/g)].map(([, name]) => name),
    ...[...sources.matchAll(/\btrimtab([A-Z][a-z]+)\b/g)]
      .map(([, name]) => kebab(name).slice(1))
      .filter((name) => name !== 'ready' && name !== 'extras'),
  ];
  const listed = [...PAGE.matchAll(/^\| `data-trimtab-([a-z-]+)/gm)].map(([, name]) => name);
  expect([...new Set(read)].toSorted()).toEqual(listed.toSorted());
});

/** Names of the fields of an interface, as both the page and the sources write them. */
function fieldsOf(name: string, text: string): string[] {
  const [, body] = new RegExp(`interface ${name}\\b[^{]*\\{\\n(.*?)\\n\\}`, 's').exec(text)!;
  return [...body.matchAll(/^  (?:readonly )?(\w+)\??[:(]/gm)].map(([, field]) => field).toSorted();
}

test.each(['ClientOptions', 'RankQuery', 'About', 'Client'])(
  'the page has each field of %s, and no other',
  (name) => {
    const types = readFileSync(`${ROOT}edge/client/types.ts`, 'utf8');
    expect(fieldsOf(name, types).length).toBeGreaterThan(3);
    expect(fieldsOf(name, PAGE)).toEqual(fieldsOf(name, types));
  },
);

test('an attribute of the script that is an option of the client does as it says', () => {
  const options = new Set(
    fieldsOf('ClientOptions', readFileSync(`${ROOT}edge/client/types.ts`, 'utf8')),
  );
  const listed = [...PAGE.matchAll(/^\| `data-((?!trimtab)[a-z-]+)`/gm)].map(([, name]) =>
    name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );
  // The context of the page has its market, and the trace its parent.
  const unknown = listed.filter((name) => !options.has(name));
  expect(unknown.toSorted()).toEqual(['market', 'traceparent']);
  // All others that are texts or numbers are there.
  const texts = ['url', 'key', 'consent', 'userId', 'userSignature', 'sessionId', 'placement'];
  expect(listed).toEqual(expect.arrayContaining([...texts, 'timeoutMs']));
});
