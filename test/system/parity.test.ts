import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { edgeKv } from '../../backend/models/edge-kv.ts';
import type { PastRanking } from '../../backend/offline/past-ranking.ts';
import type { Preview } from '../../backend/offline/preview.ts';
import { offlineRanker } from '../../backend/offline/offline-ranker.ts';
import { readPublished } from '../../backend/offline/published.ts';
import { relatedReader } from '../../backend/offline/related-reader.ts';
import { additiveScores } from '../../backend/science/learn/histogram.ts';
import { withCrossColumns } from '../../backend/science/learn/crosses/cross-columns.ts';
import { readTrainingSet } from '../backend/support/read-training-set.ts';
import type { TrainingSet } from '../../backend/science/learn/training-set.ts';
import { NO_FILTERS } from '../../backend/log/account/filters.ts';
import type { Item } from '../../shared/domain/item.ts';
import type { Version } from '../../shared/domain/ids.ts';
import { codesOf, encodeRequest, indexRows } from '../../shared/features/encode.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import {
  LEARNED_DAYS,
  LEARNED_MEASURES,
  learnedPart,
  type LearnedColumns,
} from '../../shared/features/columns/learned-columns.ts';
import { parseSchema } from '../../shared/features/schema.ts';
import { learnedToBytes } from '../../shared/format/learned-bytes.ts';
import { snapshotHash } from '../../shared/format/snapshot-bytes.ts';
import { withLearned } from '../../shared/score/learned-table.ts';
import { rankable } from '../../shared/score/rankable.ts';
import { scoreCodes, toPoints, type Scorer } from '../../shared/score/scorer.ts';
import { encodeItem } from '../oracle/encode.ts';
import { crossesFor, pointsFor } from '../shared/support/arbitrary.ts';
import { learnedParts } from '../../backend/store/tables.ts';
import { call, liveAtEdge, openDatabase, putItems, type Ranking } from '../support/client.ts';
import { EVERY_KIND, everyKindItems, everyKindRequests } from '../support/every-kind.ts';
import {
  asItem,
  scorerInKv,
  storedDecisions,
  type StoredDecision,
} from '../support/stored-decisions.ts';
import { SEED } from '../shared/support/seed.ts';
import { startSystem, type System } from '../support/system.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const REQUESTS = 240;
/** Those that ask for no related items. */
const ALONE = (REQUESTS * 11) / 12;
const NOW_MS = Date.now();

const schema = parseSchema(EVERY_KIND);
const features = schema.features.length;
const catalogue = everyKindItems(600, SEED, NOW_MS);
const items = catalogue.map(asItem);
const itemOf = new Map(items.map((item) => [item.id, item]));
const packed = packItems(schema.columns, items);
const known = { table: packed, rows: indexRows(packed) };

/** Of most items a few levels of all that can be learned. */
const random = seededRandom(SEED + 2);
const learned: LearnedColumns = {
  ids: items.map(({ id }) => id),
  columns: LEARNED_MEASURES.flatMap((of) =>
    LEARNED_DAYS.map((days) => ({
      of,
      days,
      levels: Float64Array.from({ length: 12 }, (_, i) => i / 16),
      codes: Uint8Array.from(items, () => Math.floor(13 * random())),
    })),
  ),
};
const learnedValues = Object.fromEntries(
  learned.columns.map(({ of, days, levels, codes }) => [
    `${of} ${days}`,
    Object.fromEntries(
      learned.ids.flatMap((id, row) => (codes[row] === 0 ? [] : [[id, levels[codes[row] - 1]]])),
    ),
  ]),
);
const part = learnedPart(learned, snapshotHash(learnedToBytes(learned)));

/** Puts the learned columns live, as a refresh does. */
async function publishLearned(of: System): Promise<void> {
  const { edge, keys } = of;
  const body = learnedToBytes(learned);
  const { db, close } = openDatabase(of);
  const row = { hash: part.hash, items: learned.ids.length, publishedAt: NOW_MS };
  await db.insert(learnedParts).values({ ...row, bytes: Buffer.from(body) });
  close();
  const put = async (key: string, value: Uint8Array<ArrayBuffer> | string) => {
    const asked = { method: 'PUT', key: keys.secretKey, body: value };
    expect((await edge.ask(`/v1/kv/CATALOGUE/${key}`, asked)).status).toBe(200);
  };
  await put(`l/${part.hash}/0`, body);
  const pointer = { hash: part.hash, parts: 1, sizeBytes: body.length, at: Date.now() };
  await put('learned', JSON.stringify(pointer));
  await until('the edge has what was learned', async () => {
    const version = await edge.ask('/v1/version', { key: keys.secretKey });
    return version.json<{ learned?: string }>().learned === part.hash;
  });
}

let system: System;
let answers: Map<string, Ranking & { readonly related?: object }>;
/** What was asked, by ranking. */
let asked: Map<string, Record<string, unknown>>;
let decisions: StoredDecision[];
let set: TrainingSet;
let scorer: Scorer;

/** Ranks in workerd, and reads back what was logged, shipped and ingested. */
beforeAll(async () => {
  // What is learned of items is what this test says, and not what its own log would teach meanwhile.
  system = await startSystem({ schema: EVERY_KIND, config: { learnedColumns: { schedule: '' } } });
  await putItems(system, catalogue);
  const [points] = fc.sample(pointsFor(schema), { seed: SEED, numRuns: 1 });
  const crosses = fc
    .sample(crossesFor(schema), { seed: SEED, numRuns: 100 })
    .find(({ length }) => length === 3)!;
  const { version } = await call<{ version: Version }>(system, 'POST', '/v1/weights', {
    name: 'random',
    points,
    crosses,
  });
  await call(system, 'POST', `/v1/weights/${version}/promote`);
  await until('it is live', async () => (await liveAtEdge(system)).weights === version);
  await publishLearned(system);
  answers = new Map();
  asked = new Map();
  await until('it is published which items are alike', async () => {
    const pointer = await system.edge.ask('/v1/kv/CATALOGUE/related', {
      key: system.keys.secretKey,
    });
    return pointer.status === 200;
  });
  const alike = catalogue.filter(({ word }) => word === 'a');
  const bodies = everyKindRequests(REQUESTS, catalogue, SEED + 1, NOW_MS);
  for (const [i, one] of bodies.entries()) {
    // Some of those that the whole catalogue competes for are of lists beside an item that is like others.
    const body = i % 12 === 0 ? { ...one, related: alike[i / 12].id } : one;
    // As a site's own server does: what a page says of items is not learned from.
    const answer = (await system.edge.ask('/v1/rank', { key: system.keys.secretKey, body })).json<
      Ranking & Record<string, unknown>
    >();
    answers.set(answer.rankingId, answer);
    asked.set(answer.rankingId, body);
  }
  const { db, close } = openDatabase(system);
  decisions = await until('all is ingested', async () => {
    const found = await storedDecisions(db);
    return found.length >= REQUESTS && found;
  });
  // Whoever reads the log has the account of it brought up to date.
  await call(system, 'GET', '/v1/clicks');
  const window = { from: NOW_MS, to: Date.now() };
  const accountRules = { attributionDays: 7, filters: NO_FILTERS };
  ({ set } = await readTrainingSet(db, schema, window, { click: 1 }, accountRules));
  close();
  scorer = await scorerInKv(system, version);
});
afterAll(() => system?.stop());

describe(`edge and training, on one log (seed ${SEED})`, () => {
  it('covers whole catalogues and candidates, 10,000 pairs or more', () => {
    expect(decisions).toHaveLength(REQUESTS);
    expect(new Set(decisions.map((decision) => decision.learned))).toEqual(new Set([part.hash]));
    expect(new Set(decisions.map(({ rankingId }) => rankingId))).toEqual(new Set(answers.keys()));
    expect(set.rows).toBeGreaterThan(10_000);
    const amongCandidates = decisions.filter(({ request }) => request.candidates !== undefined);
    expect(amongCandidates).toHaveLength(REQUESTS / 2);
    const used = schema.features.map(
      (_, f) => new Set(set.codes.subarray(f * set.rows, (f + 1) * set.rows)),
    );
    // All requests are of one day, and perhaps of one hour.
    const constant = schema.features.filter(
      ({ kind }, f) => used[f].size < 2 && kind !== 'request-time',
    );
    expect(constant.map(({ name }) => name)).toEqual(['constant0']);
  });

  it('has the same codes on both sides and in a fresh encoding of the same request', () => {
    for (const { decision, codes } of training()) {
      expect(codes).toEqual(decision.codes);
      expect(codes).toEqual(encodedAgain(decision));
    }
  });

  it('has the codes that a slow and obvious encoding gives', () => {
    for (const decision of decisions) {
      const { competing, ordered } = competitors(decision);
      const competition = {
        items: competing,
        ordered,
        visit: decision.request,
        nowMs: decision.at,
        known: items,
        learned: learnedValues,
      };
      const at = new Map(competing.map(({ id }, i) => [id as string, i]));
      const codes = decision.itemIds.flatMap((id) => encodeItem(schema, at.get(id)!, competition));
      expect(decision.codes).toEqual(Uint8Array.from(codes));
    }
  });

  it('has the same scores in the answer, in the log, and by both ways of training to add up', () => {
    expect(scorer.crosses).toHaveLength(3);
    const crossed = withCrossColumns(set, schema, scorer.crosses);
    const scores = additiveScores(crossed, Float64Array.from(scorer.weights));
    for (const { decision, slate } of training()) {
      const units = [...decision.units];
      const { items: shown } = answers.get(decision.rankingId)!;
      expect(shown.map(({ id }) => id)).toEqual(decision.itemIds);
      expect(shown.map(({ score }) => score)).toEqual(units.map(toPoints));
      expect([...scores.subarray(set.starts[slate], set.starts[slate + 1])]).toEqual(units);
      const added = units.map((_, slot) => scoreCodes(scorer, decision.codes, slot * features));
      expect(added).toEqual(units);
    }
  });
});

describe('ranking a file of requests, beside the edge', () => {
  const LAUNCH = fileURLToPath(new URL('../../backend/launch.js', import.meta.url));
  const kv = () => edgeKv({ edgeUrl: system.edge.url, secretKey: system.keys.secretKey });
  const published = () => readPublished(kv());

  it('draws the slates that the edge drew of the same requests, seeds and moments, bit for bit', async () => {
    const own = await published();
    const rankOffline = offlineRanker(own);
    const reader = relatedReader(kv(), own);
    let beside = 0;
    for (const { rankingId, seed, at } of decisions) {
      const { weights, snapshot, items: drawn, related } = answers.get(rankingId)!;
      const body = asked.get(rankingId);
      const found = await reader.find(body);
      if (found !== undefined) beside++;
      expect(rankOffline(body, { seed, nowMs: at }, found)).toEqual({
        weights,
        snapshot,
        items: drawn,
        ...(related && { related }),
      });
    }
    expect(beside).toBe(decisions.length - ALONE);
  });

  it('draws every ranking of the log again, of which the backend says so too', async () => {
    for (const { rankingId } of decisions.slice(0, 40)) {
      const past = await call<PastRanking>(system, 'GET', `/v1/rankings/${rankingId}`);
      expect(past.rebuilt).toEqual({ kind: 'same', in: [] });
      const { items: shown } = answers.get(rankingId)!;
      expect(past.items.map(({ id, score }) => ({ id, score }))).toEqual(
        shown.map(({ id, score }) => ({ id, score })),
      );
      for (const { reasons, score } of past.items)
        expect(reasons.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(score, 9);
    }
  });

  it('and shows before they are asked what versions would answer, without logging it', async () => {
    const first = decisions.find(({ request }) => request.related === undefined)!;
    const { rankingId, at, seed } = first;
    const { weights } = answers.get(rankingId)!;
    const { slates } = await call<{ slates: Preview[] }>(system, 'POST', '/v1/rankings/preview', {
      request: asked.get(rankingId),
      versions: [weights, 'v000000'],
      seed,
      at,
      explore: true,
    });
    expect(slates.map((slate) => slate.weights)).toEqual([weights, 'v000000']);
    expect(slates[0].items.map(({ id }) => id)).toEqual(
      answers.get(rankingId)!.items.map(({ id }) => id),
    );
    const { db, close } = openDatabase(system);
    expect(await storedDecisions(db)).toHaveLength(decisions.length);
    close();
  });

  it('is done by "trimtab score" with the live version, by two threads, line by line', async () => {
    const [file, out] = ['requests.jsonl', 'ranked.jsonl'].map((name) =>
      join(temporaryFolder(), name),
    );
    const bodies = [...asked.values()];
    writeFileSync(file, bodies.map((body) => `${JSON.stringify(body)}\n`).join(''));
    const options = ['--threads=2', '--seed=4294967290', `--at=${NOW_MS}`, `--out=${out}`];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [LAUNCH, 'score', file, ...options, `--edge=${system.edge.url}`],
      { env: { ...process.env, TRIMTAB_KEY: system.keys.secretKey } },
    );
    expect(stdout).toBe(`ranked ${bodies.length} requests\n`);
    const own = await published();
    const rankOffline = offlineRanker(own);
    const reader = relatedReader(kv(), own);
    const expected: string[] = [];
    for (const [i, body] of bodies.entries()) {
      const draw = { seed: (4_294_967_290 + i) % 2 ** 32, nowMs: NOW_MS };
      const ranking = rankOffline(body, draw, await reader.find(body));
      expected.push(JSON.stringify({ line: i + 1, ...ranking }));
    }
    expect(readFileSync(out, 'utf8').trimEnd().split('\n')).toEqual(expected);
  });
});

/** Each decision beside what training read of it: codes as the log has them, slot by slot. */
function* training() {
  for (const [slate, decision] of decisions.entries()) {
    const [from, to] = [set.starts[slate], set.starts[slate + 1]];
    const codes = new Uint8Array((to - from) * features);
    for (let row = from; row < to; row++)
      for (let f = 0; f < features; f++)
        codes[(row - from) * features + f] = set.codes[f * set.rows + row]!;
    yield { slate, decision, codes };
  }
}

/** What competed: the catalogue in order of id, or the candidates overlaid with what was said of them. */
function competitors({ request }: StoredDecision): { competing: Item[]; ordered: boolean } {
  const { candidates } = request;
  if (candidates === undefined) return { competing: items, ordered: false };
  const competing = candidates.map(({ id, attributes }) => ({
    id,
    attributes: { ...itemOf.get(id)?.attributes, ...attributes },
  }));
  return { competing, ordered: true };
}

function encodedAgain(decision: StoredDecision): Uint8Array {
  const { competing, ordered } = competitors(decision);
  const { table } = withLearned(
    rankable(packItems(schema.columns, competing, ordered)),
    schema,
    part,
  );
  const rows = indexRows(table);
  const encoded = encodeRequest(schema, table, rows, decision.request, decision.at, known);
  return codesOf(
    encoded,
    decision.itemIds.map((id) => rows.get(id)!),
  );
}
