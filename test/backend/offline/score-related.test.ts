import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildRelated } from '../../../backend/catalogue/related/build-related.ts';
import type { Kv } from '../../../backend/models/edge-kv.ts';
import { preview } from '../../../backend/offline/preview.ts';
import { readPublished } from '../../../backend/offline/published.ts';
import { relatedReader } from '../../../backend/offline/related-reader.ts';
import { scoreFile } from '../../../backend/offline/score-file.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { parseLoggedRequest } from '../../../shared/domain/logged-request.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { parseSchema, type Schema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import type { Neighbours } from '../../../shared/format/related-bytes.ts';
import { scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { snapshotHash, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { makeTrips, NOW_MS } from '../../bench/support/trips.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const trips = makeTrips(600, 1);
const built = buildRelated(smarttrip, trips);
const rulesOf = (schema: Schema) =>
  additiveFromPoints(schema, schema.rules, { version: RULES_VERSION, name: 'rules' });
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** What KV holds where neighbours are published. */
function kvOf(schema: Schema, change: Readonly<Record<string, Uint8Array | undefined>> = {}) {
  const snapshot = snapshotToBytes(schema, packItems(schema.columns, trips));
  const pointerTo = (bytes: Uint8Array) =>
    text({ hash: snapshotHash(bytes), parts: 1, sizeBytes: bytes.length, at: NOW_MS });
  const values: Record<string, Uint8Array | undefined> = {
    'WEIGHTS active': text({ champion: RULES_VERSION, at: NOW_MS }),
    [`WEIGHTS w/${RULES_VERSION}`]: scorerToBytes(rulesOf(schema)),
    'CATALOGUE active': pointerTo(snapshot),
    [`CATALOGUE s/${snapshotHash(snapshot)}/0`]: snapshot,
    'CATALOGUE related': pointerTo(built.index.bytes),
    [`CATALOGUE r/${built.index.hash}/0`]: built.index.bytes,
    ...Object.fromEntries(built.shards.map(({ hash, bytes }) => [`CATALOGUE r/${hash}/0`, bytes])),
    ...change,
  };
  const read: string[] = [];
  const kv: Pick<Kv, 'get'> = {
    async get(namespace, key) {
      read.push(key);
      return values[`${namespace} ${key}`] as Uint8Array<ArrayBuffer> | undefined;
    },
  };
  return { kv, read };
}

async function scored(requests: readonly (object | string)[], { kv }: ReturnType<typeof kvOf>) {
  const file = join(temporaryFolder(), 'requests.jsonl');
  const lines = requests.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  writeFileSync(file, lines.join('\n'));
  const published = await readPublished(kv);
  let out = '';
  await scoreFile(file, published, {
    threads: 1,
    seed: 7,
    nowMs: NOW_MS,
    related: relatedReader(kv, published),
    write: async (own) => void (out += own),
    progress: () => {},
  });
  return out
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

const id = trips[42].id;
const asked = { sessionId: 's', preferences: { themes: ['ski'], budget: 900 }, limit: 10 };

it('lists beside an item are ranked of its neighbours, as the log of such a ranking is drawn again', async () => {
  const source = kvOf(smarttrip);
  const basket = { to: [trips[3].id, trips[99].id] };
  const answers = await scored(
    [{ ...asked, related: id }, { ...asked, related: basket }, asked, { ...asked, related: id }],
    source,
  );
  expect(answers.map(({ related }) => related?.to)).toEqual([[id], basket.to, undefined, [id]]);
  const found = await relatedReader(source.kv, await readPublished(source.kv)).find({
    related: id,
  });
  const neighbours = (found as Neighbours).related;
  expect(neighbours.items!.length).toBeGreaterThan(20);
  expect(answers[0].related).toEqual({ to: [id], neighbours: neighbours.items!.length });
  const logged = parseLoggedRequest({
    preferences: asked.preferences,
    context: {},
    recent: [],
    related: neighbours,
  });
  const { exploration } = smarttrip;
  const table = rankable(packItems(smarttrip.columns, trips));
  for (const [line, seed] of [
    [0, 7],
    [3, 10],
  ]) {
    const options = { limit: 10, seed, nowMs: NOW_MS, exploration };
    const slate = rankSlate(rulesOf(smarttrip), table, logged, options);
    const items = answers[line].items as { id: string; propensity: number }[];
    expect(items.map((one) => one.id)).toEqual(slate.ids);
    expect(items.map((one) => one.propensity)).toEqual([...slate.propensities]);
  }
  // The index and a shard are read once, however many ask.
  const hashes = source.read.filter((key) => key.startsWith('r/'));
  expect(new Set(hashes).size).toBeGreaterThanOrEqual(2);
  const perRun = hashes.filter((key) => key === `r/${built.index.hash}/0`);
  expect(perRun).toHaveLength(2);
});

it('a preview shows the neighbours alone, and says what the slate is beside', async () => {
  const source = kvOf(smarttrip);
  const published = await readPublished(source.kv);
  const reader = relatedReader(source.kv, published);
  const draw = { seed: 1, nowMs: NOW_MS, explore: false };
  const request = { ...asked, related: id };
  const found = await reader.find(request);
  const { items: neighbours = [] } = (found as Neighbours).related;
  const shown = preview(published, request, draw, found);
  expect(shown.related).toEqual({ to: [id], neighbours: neighbours.length });
  expect(shown.competing).toBe(neighbours.length);
  expect(shown.items).toHaveLength(10);
  expect(shown.items.filter((item) => !neighbours.includes(item.id))).toEqual([]);
  const unlike = kvOf(withoutRelated());
  const other = await readPublished(unlike.kv);
  const refused = await relatedReader(unlike.kv, other).find(request);
  expect(() => preview(other, request, draw, refused)).toThrow('it has no "related"');
  expect(preview(other, asked, draw).related).toBeUndefined();
});

it('beside an item of which nothing is known all others compete, with the reason', async () => {
  const [answer] = await scored([{ ...asked, related: 'nobody' }], kvOf(smarttrip));
  expect(answer.related).toEqual({
    to: ['nobody'],
    neighbours: 0,
    problem: 'nothing is known of nobody',
  });
  expect(answer.items).toHaveLength(10);
});

it('a name that is escaped is the same name, and what is no request is refused as ever', async () => {
  const escaped = JSON.stringify({ ...asked, related: id }).replace('"related"', '"rel\\u0061ted"');
  const answers = await scored(
    [escaped, { ...asked, related: [] }, '{"related"', { ...asked, related: null }, '["related"]'],
    kvOf(smarttrip),
  );
  expect(answers[0].related).toMatchObject({ to: [id] });
  expect(answers[1].error).toMatchObject({ code: 'invalid_request' });
  expect(answers[2].error.message).toContain('not JSON');
  expect(answers[3].items).toHaveLength(10);
  expect(answers[4].error.message).toContain('must be a JSON object');
});

it.each<[string, string, ReturnType<typeof kvOf>]>([
  ['a schema without "related"', 'it has no "related"', kvOf(withoutRelated())],
  [
    'nothing published',
    'nothing is published yet of which items are alike',
    kvOf(smarttrip, { 'CATALOGUE related': undefined }),
  ],
  [
    'an index that is gone',
    'KV has not all of',
    kvOf(smarttrip, { [`CATALOGUE r/${built.index.hash}/0`]: undefined }),
  ],
  [
    'shards that are damaged',
    'or it is damaged',
    kvOf(
      smarttrip,
      Object.fromEntries(
        built.shards.map(({ hash, bytes }) => [`CATALOGUE r/${hash}/0`, bytes.toReversed()]),
      ),
    ),
  ],
])('with %s such a request is refused in words, and others are ranked', async (_, words, kv) => {
  const answers = await scored([{ ...asked, related: id }, asked], kv);
  expect(answers[0].error.message).toContain(words);
  expect(answers[1].items).toHaveLength(10);
});

function withoutRelated(): Schema {
  const { related: _related, ...others } = smarttrip;
  return parseSchema(others);
}
