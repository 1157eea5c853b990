import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { offlineRanker } from '../../../backend/offline/offline-ranker.ts';
import { readPublished, type Published } from '../../../backend/offline/published.ts';
import { relatedReader } from '../../../backend/offline/related-reader.ts';
import { scoreFile } from '../../../backend/offline/score-file.ts';
import type { Kv } from '../../../backend/models/edge-kv.ts';
import { RULES_VERSION, type Version } from '../../../shared/domain/ids.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import {
  PART_BYTES,
  snapshotHash,
  snapshotToBytes,
} from '../../../shared/format/snapshot-bytes.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { makeTrips, NOW_MS } from '../../bench/support/trips.ts';
import { rankBodies } from '../../bench/support/rank-bodies.ts';
import { flatTrees, randomForest } from '../../oracle/random-rerankers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const rules = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
});
const forest = {
  ...rules,
  version: 'v000001' as Version,
  kind: 'forest' as const,
  rerank: { depth: 60, adds: true },
  trees: flatTrees(randomForest(smarttrip, { trees: 20, leaves: 15, seed: 3 })),
};
const snapshot = snapshotToBytes(smarttrip, packItems(smarttrip.columns, makeTrips(300, 1)));
const hash = snapshotHash(snapshot);

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
/** What KV holds, by namespace and key. */
const kvOf = (values: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): Pick<Kv, 'get'> => ({
  get: async (namespace, key) => values[`${namespace} ${key}`],
});
const values = {
  'WEIGHTS active': text({ champion: 'v000001', at: NOW_MS }),
  'WEIGHTS w/v000000': scorerToBytes(rules),
  'WEIGHTS w/v000001': scorerToBytes(forest),
  'CATALOGUE active': text({
    hash,
    parts: 1,
    sizeBytes: snapshot.length,
    at: NOW_MS,
  }),
  [`CATALOGUE s/${hash}/0`]: snapshot,
};

const requests = rankBodies(300, 5).map((body, i) => ({
  ...body,
  explain: i % 5 === 0,
  ...(i % 4 === 0 && { candidates: ['trip-00001', { id: 'own', price: 100 }, 'trip-00007'] }),
}));

let published: Published;
beforeAll(async () => (published = await readPublished(kvOf(values))));

async function scored(file: string, threads: number, seed = 7) {
  let out = '';
  const seen: number[] = [];
  const result = await scoreFile(file, published, {
    threads,
    seed,
    nowMs: NOW_MS,
    related: relatedReader(kvOf(values), published),
    write: async (own) => void (out += own),
    progress: (done) => seen.push(done),
  });
  const answers = out.split('\n').slice(0, -1);
  return { out, result, seen, answers: answers.map((line) => JSON.parse(line)) };
}
const fileOf = (content: string | Uint8Array, name = 'requests.jsonl') => {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
};
const lines = requests.map((one) => JSON.stringify(one)).join('\n');

describe('a file of requests', () => {
  it('is ranked in its order, each line with its own seed, the same by any number of threads', async () => {
    const rank = offlineRanker(published);
    const expected = requests.map((one, i) => ({
      line: i + 1,
      ...rank(one, { seed: 7 + i, nowMs: NOW_MS }),
    }));
    const file = fileOf(lines);
    const one = await scored(file, 1);
    expect(one.answers).toEqual(JSON.parse(JSON.stringify(expected)));
    expect(one.answers[0]).toMatchObject({ weights: 'v000001', snapshot: hash });
    expect(one.result).toEqual({ ranked: 300, refused: 0 });
    for (const threads of [2, 3]) {
      const { out, seen } = await scored(file, threads);
      expect(out).toBe(one.out);
      expect(seen.at(-1)).toBe(300);
      expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    }
    expect((await scored(fileOf(gzipSync(`${lines}\n`)), 2)).out).toBe(one.out);
  });

  it('is filtered as at the edge, and says what was removed where it explains', async () => {
    const asked = { sessionId: 's', limit: 100, explain: true, exclude: ['trip-000007'] };
    const dear = { ...asked, filters: { all: [{ column: 'price', from: 3000 }] } };
    const wrong = { ...asked, filters: { column: 'prise', to: 1 } };
    const { answers } = await scored(
      fileOf([dear, wrong].map((one) => JSON.stringify(one)).join('\n')),
      1,
    );
    const left = makeTrips(300, 1).filter(
      ({ id, attributes }) =>
        (attributes.price as number) >= 3000 &&
        id !== 'trip-000007' &&
        attributes.status !== 'full' &&
        (attributes.departure as number) >= NOW_MS,
    );
    expect(answers[0].filters.left).toBe(left.length);
    const shown = answers[0].items.map(({ id }: { id: string }) => id);
    const ids = new Set(left.map(({ id }) => id as string));
    expect(shown.every((id: string) => ids.has(id))).toBe(true);
    expect(shown).toHaveLength(Math.min(100, left.length));
    expect(answers[1].error.message).toContain('did you mean "price"?');
  });

  it('has answers to what is refused in their place; empty lines have none', async () => {
    const good = JSON.stringify(requests[1]);
    const file = fileOf(`${good}\r\n\n{"sessionId":"s","limit":0}\nnot JSON\n${good}\n`);
    const { answers, result } = await scored(file, 2);
    expect(result).toEqual({ ranked: 2, refused: 2 });
    expect(answers).toMatchObject([
      { line: 1, weights: 'v000001' },
      { line: 3, error: { code: 'invalid_request', message: expect.stringMatching(/^limit/) } },
      { line: 4, error: { code: 'invalid_request', message: expect.stringMatching(/not JSON/) } },
      { line: 5, weights: 'v000001' },
    ]);
  });

  it('that is not there is refused, and one that is empty has no answers', async () => {
    await expect(scored('/no/such/file', 2)).rejects.toMatchObject({ code: 'no_file' });
    expect((await scored(fileOf(''), 2)).result).toEqual({ ranked: 0, refused: 0 });
  });

  it('ends with the error where a thread cannot start', async () => {
    const damaged = { ...published, scorer: published.scorer.slice(0, 40) };
    const run = scoreFile(fileOf(lines), damaged, {
      threads: 2,
      seed: 1,
      nowMs: NOW_MS,
      related: relatedReader(kvOf(values), damaged),
      write: async () => {},
      progress: () => {},
    });
    await expect(run).rejects.toThrow(/damaged/);
  });
});

describe('what is published', () => {
  it('is read by version, the champion without one', async () => {
    expect(published.scorer).toEqual(values['WEIGHTS w/v000001']);
    const named = await readPublished(kvOf(values), RULES_VERSION);
    expect(named.scorer).toEqual(values['WEIGHTS w/v000000']);
    expect(named.snapshot).toEqual({ hash, bytes: snapshot });
  });

  it.each<[string, Record<string, Uint8Array<ArrayBuffer> | undefined>, string]>([
    ['no live version', { 'WEIGHTS active': undefined }, 'unknown_version'],
    ['a version that is not there', { 'WEIGHTS w/v000001': undefined }, 'unknown_version'],
    ['a part that is not there', { [`CATALOGUE s/${hash}/0`]: undefined }, 'damaged'],
    ['a part of other bytes', { [`CATALOGUE s/${hash}/0`]: snapshot.toReversed() }, 'damaged'],
    [
      'a part that is too long',
      { [`CATALOGUE s/${hash}/0`]: new Uint8Array(PART_BYTES) },
      'damaged',
    ],
  ])('refuses %s', async (_, change, code) => {
    const changed = { ...values, ...change } as Record<string, Uint8Array<ArrayBuffer>>;
    await expect(readPublished(kvOf(changed))).rejects.toMatchObject({ code });
  });

  it('without a catalogue ranks candidates only', async () => {
    const none = { ...values, 'CATALOGUE active': undefined };
    const rank = offlineRanker(
      await readPublished(kvOf(none as unknown as Record<string, Uint8Array<ArrayBuffer>>)),
    );
    const draw = { seed: 1, nowMs: NOW_MS };
    expect(() => rank({ sessionId: 's' }, draw)).toThrow(/no catalogue is published/);
    const { snapshot: named, items } = rank({ sessionId: 's', candidates: ['a', 'b'] }, draw);
    expect([named, items.length]).toEqual(['', 2]);
  });
});
