import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { loggedRankings } from '../../../../backend/replay/mapped/logged-rankings.ts';
import { readLogMapping } from '../../../../backend/replay/mapped/log-mapping.ts';
import { mappingNames } from '../../../../backend/replay/mapped/mapping-names.ts';
import { textAt, valuesAt } from '../../../../backend/replay/mapped/values-at.ts';
import { fileOf } from '../../runs/metric-weights/files/support/csv-file.ts';

const text = (name: string) =>
  readFileSync(new URL(`../../../fixtures/logs/${name}`, import.meta.url), 'utf8');
const lines = (name: string): unknown[] =>
  text(name)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const read = (rows: readonly unknown[], mapping: string) => {
  const { rankings, ...counts } = loggedRankings(rows, readLogMapping(mapping));
  return {
    ...counts,
    lists: rankings.map(({ itemIds, actions }) => [
      itemIds.join(' '),
      actions.map(({ type, itemId }) => `${type} ${itemId}`).join(', '),
    ]),
    rankings,
  };
};

test('every mapping that comes with it can be read', () => {
  expect(mappingNames()).toEqual(['ga4', 'metarank', 'movielens', 'segment']);
  for (const name of mappingNames()) expect(readLogMapping(name).about).not.toBe('');
});

describe('a log becomes what was shown and what was done with it', () => {
  test('of Metarank, by the ids of its rankings', () => {
    expect(read(lines('metarank.jsonl'), 'metarank')).toMatchObject({
      lists: [
        ['p1 p2 p3', 'click p2, booking p2'],
        ['p3 p1', ''],
      ],
      unmatched: 1,
      unread: 1,
    });
  });

  test('of Google Analytics, by the session and the list that has the item', () => {
    expect(read(lines('ga4.jsonl'), 'ga4')).toMatchObject({
      lists: [['p1 p2', 'click p1, booking p1']],
      unmatched: 2,
      unread: 1,
    });
  });

  test('of Segment', () => {
    expect(read(lines('segment.jsonl'), 'segment')).toMatchObject({
      lists: [['p1 p2', 'click p2, booking p2']],
      unmatched: 0,
      unread: 1,
    });
  });

  test('of MovieLens: a sitting is a list in an order that says nothing, a rating alone is none', () => {
    const rows: unknown[] = parse(text('movielens.csv'), { columns: true });
    const { rankings, unread } = read(rows, 'movielens');
    expect(unread).toBe(0);
    const sets = rankings.map(({ itemIds, actions }) => [
      itemIds.toSorted(),
      actions.map(({ itemId }) => itemId).toSorted(),
    ]);
    expect(sets).toEqual([
      [
        ['10', '17', '39'],
        ['10', '17'],
      ],
      [
        ['1029', '1061', '31'],
        ['1029', '1061'],
      ],
    ]);
    // The same again, and not by the order of the file.
    const again = read(rows.toReversed(), 'movielens').rankings;
    expect(again.map(({ itemIds }) => itemIds)).toEqual(rankings.map(({ itemIds }) => itemIds));
  });
});

test('no id of a person is left in what is sent', () => {
  const { rankings } = read(lines('metarank.jsonl'), 'metarank');
  expect(JSON.stringify(rankings)).not.toMatch(/ana|@|"s1"/);
  expect(new Set(rankings.map(({ sessionId }) => sessionId)).size).toBe(1);
});

test('an action belongs to the latest list before it that has its item', () => {
  const list = (at: number, ids: string[]) => ({
    event: 'ranking',
    timestamp: at,
    session: 's',
    items: ids.map((id) => ({ id })),
  });
  const click = (at: number, item: string) => ({
    event: 'interaction',
    type: 'click',
    timestamp: at,
    session: 's',
    item,
  });
  const T = 1_795_000_000_000;
  const rows = [
    click(T, 'a'),
    list(T + 3, ['b']),
    list(T + 1, ['a', 'b']),
    click(T + 4, 'b'),
    click(T + 5, 'a'),
  ];
  expect(read(rows, 'metarank')).toMatchObject({
    lists: [
      ['a b', 'click a'],
      ['b', 'click b'],
    ],
    unmatched: 1,
  });
});

test('rows without a moment or a session, and lists without a usable item, are counted and left out', () => {
  const rows = [
    null,
    'text',
    { event: 'ranking', session: 's', timestamp: 'soon', items: [{ id: 'a' }] },
    { event: 'ranking', timestamp: 1_795_000_000_000, items: [{ id: 'a' }] },
    { event: 'ranking', session: 's', timestamp: 1_795_000_000_000, items: [{ id: 'a b' }, {}] },
  ];
  expect(read(rows, 'metarank')).toMatchObject({ lists: [], unread: 5 });
});

test('a path leads through lists, and to the entry of a key', () => {
  const row = {
    a: [
      { key: 'x', v: 1 },
      { key: 'y', v: 2 },
    ],
    b: { c: 0 },
    toString: 'own',
  };
  expect(valuesAt(row, 'a.v')).toEqual([1, 2]);
  expect(valuesAt(row, 'a[y].v')).toEqual([2]);
  expect(textAt(row, 'b.c')).toBe('0');
  for (const path of ['a[z].v', 'b.d', 'constructor', '__proto__', 'b.c.d', 'b[x]'])
    expect(valuesAt(row, path), path).toEqual([]);
});

describe('a mapping of one’s own', () => {
  test.each<[string, object | string, RegExp]>([
    ['that is no JSON', '{', /JSON/],
    ['without a moment', { about: '', format: 'json', session: ['s'] }, /at/],
    [
      'with a type of event that there is not',
      {
        about: '',
        format: 'json',
        at: { path: 't', unit: 's' },
        session: ['s'],
        actions: [{ where: {}, items: 'i', type: 'clik' }],
      },
      /actions/,
    ],
    [
      'that says nothing of what was shown',
      { about: '', format: 'json', at: { path: 't', unit: 's' }, session: ['s'] },
      /must say what was shown/,
    ],
  ])('%s is refused', (_, content, message) => {
    const file = fileOf(
      typeof content === 'string' ? content : JSON.stringify(content),
      'own.json',
    );
    expect(() => readLogMapping(file)).toThrow(message);
  });

  test('by a name that there is not is told the names', () => {
    expect(() => readLogMapping('ga5')).toThrow(/no mapping "ga5": take ga4, metarank, movielens/);
    expect(() => readLogMapping('gone.json')).toThrow(/cannot read the mapping/);
  });
});
