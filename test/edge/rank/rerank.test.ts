import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CHAMPION_ARM } from '../../../shared/domain/weight-delta.ts';
import type { Item } from '../../../shared/domain/item.ts';
import { parseVersion, type Version } from '../../../shared/domain/ids.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import {
  MAX_SCORER_BYTES,
  scorerFromBytes,
  scorerToBytes,
} from '../../../shared/format/scorer-bytes.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import {
  additiveFromPoints,
  scoreCodes,
  type ForestScorer,
  type MlpScorer,
} from '../../../shared/score/scorer.ts';
import {
  flatNetwork,
  flatTrees,
  randomForest,
  randomNetwork,
} from '../../oracle/random-rerankers.ts';
import { forestUnits, networkUnits } from '../../oracle/reranker.ts';
import { sized } from '../../support/size.ts';
import { decisionsOf, fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate, SECRET } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import { comparedPairs, incompleteTrips } from '../support/parity.ts';
import { publishItems, publishScorer, publishWhole, storeScorer } from '../support/publish.ts';
import { rank, type RankAnswer } from '../support/rank.ts';

const SEED = 20263;
const REQUESTS = sized({ small: 10, full: 30 });
const PER_REQUEST = 100;
const PAIRS = sized({ small: 800, full: 2500 });
const exploration = { temperature: 3, epsilon: 0.05, poolSize: 100 };
const trees = randomForest(smarttrip, { trees: 60, leaves: 31, seed: SEED });
const network = randomNetwork(smarttrip, { width: 16, hidden: 32, seed: SEED });
const first = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: parseVersion('v000001'),
  name: 'first pass',
  exploration,
});
const forest = (adds: boolean): ForestScorer => ({
  ...first,
  kind: 'forest',
  rerank: { depth: 200, adds },
  trees: flatTrees(trees),
});
const mlp = (adds: boolean): MlpScorer => ({
  ...first,
  kind: 'mlp',
  rerank: { depth: 200, adds },
  network: flatNetwork(network),
});
/** Each under a version of its own: a version, once published, never changes. */
const kinds = [
  {
    what: 'a forest that adds',
    scorer: { ...forest(true), version: parseVersion('v000011') },
    unitsOf: (codes: number[]) => scoreCodes(first, codes) + forestUnits(trees, codes),
  },
  {
    what: 'a forest that replaces',
    scorer: { ...forest(false), version: parseVersion('v000012') },
    unitsOf: (codes: number[]) => forestUnits(trees, codes),
  },
  {
    what: 'an MLP that adds',
    scorer: { ...mlp(true), version: parseVersion('v000013') },
    unitsOf: (codes: number[]) => scoreCodes(first, codes) + networkUnits(network, codes),
  },
  {
    what: 'an MLP that replaces',
    scorer: { ...mlp(false), version: parseVersion('v000014') },
    unitsOf: (codes: number[]) => networkUnits(network, codes),
  },
];
let trips: Item[];

beforeAll(async () => {
  trips = incompleteTrips(REQUESTS * PER_REQUEST, SEED);
  await publishItems(trips);
});

async function untilLive(version: Version): Promise<void> {
  await eventually(async () => {
    const { weights } = await rank(coldIsolate());
    if (weights !== version) throw new Error(`${weights} is live, not ${version}`);
  });
}

afterEach(() => vi.restoreAllMocks());

describe.each(kinds)('$what, through /v1/rank', ({ scorer, unitsOf }) => {
  beforeEach(async () => {
    await publishWhole(scorer);
    await untilLive(scorer.version);
    fakeBackend();
    await shipAll();
    vi.restoreAllMocks();
  });

  it(`gives each item what an item-by-item computation gives, bit for bit, on over ${PAIRS} random pairs (seed ${SEED})`, async () => {
    const backend = fakeBackend();
    const isolate = coldIsolate();
    const random = seededRandom(SEED + 1);
    const answers: RankAnswer[] = [];
    for (let i = 0; i < REQUESTS; i++) {
      const candidates = trips.slice(i * PER_REQUEST, (i + 1) * PER_REQUEST).map(({ id }) => id);
      const preferences = { budget: 400 + Math.floor(random() * 2000), themes: ['food', 'ski'] };
      answers.push(await rank(isolate, { candidates, preferences, limit: PER_REQUEST }));
    }
    const decisions = await decisionsOf(backend, answers);
    const pairs = comparedPairs(decisions, trips, unitsOf);
    expect(pairs).toBeGreaterThan(PAIRS);
  });

  it('ranks the whole catalogue, explained, in a way that replays bit for bit', async () => {
    const backend = fakeBackend();
    const isolate = coldIsolate();
    const answer = await rank(isolate, { preferences: { budget: 900 }, limit: 9, explain: true });
    expect(answer).toMatchObject({ weights: scorer.version, degraded: false });
    for (const { score, reasons } of answer.items) {
      expect(reasons!.reduce((sum, { points }) => sum + points, 0)).toBe(score);
      expect(reasons!.some((reason) => 'by' in reason && reason.by === scorer.kind)).toBe(true);
    }
    const [{ at: nowMs, seed, limit, request, ...logged }] = await decisionsOf(backend, [answer]);
    const { ids, units, propensities, codes } = rankSlate(
      scorer,
      rankable(packItems(smarttrip.columns, trips)),
      JSON.parse(request),
      { limit, seed, nowMs, exploration },
    );
    expect(logged).toMatchObject({
      itemIds: ids,
      units,
      propensities,
      codes,
      weights: scorer.version,
    });
    const version = await isolate.fetch('/v1/version', { key: SECRET });
    expect(await version.json()).toMatchObject({ weights: scorer.version, kind: scorer.kind });
  });
});

describe('a re-ranking scorer', () => {
  const pin = (version: string) => ({ key: SECRET, headers: { 'x-trimtab-version': version } });

  it('goes live, and gives way to an additive one, as the pointer says; both can be pinned', async () => {
    await storeScorer('v000002');
    const version = parseVersion('v000003');
    await publishWhole({ ...forest(true), version });
    await untilLive(version);
    const isolate = coldIsolate();
    expect(await rank(isolate)).toMatchObject({ weights: version, degraded: false });
    await publishScorer('v000002');
    await eventually(async () => expect((await rank(isolate)).weights).toBe('v000002'));
    expect(await rank(isolate, {}, pin('v000003'))).toMatchObject({ weights: 'v000003' });
    expect(await rank(isolate, {}, pin('v000002'))).toMatchObject({ weights: 'v000002' });
  });

  it('is uploaded and read back through the admin route as it is', async () => {
    const bytes = scorerToBytes(mlp(false));
    const path = '/v1/kv/WEIGHTS/w/v000009';
    const stored = await coldIsolate().fetch(path, { method: 'PUT', key: SECRET, body: bytes });
    expect(stored.status).toBe(200);
    const read = await coldIsolate().fetch(path, { key: SECRET });
    expect(new Uint8Array(await read.arrayBuffer())).toEqual(bytes);
  });
});

describe('online deltas', () => {
  const live = () => env.LIVE_WEIGHTS.get(env.LIVE_WEIGHTS.idFromName(`rerank:${CHAMPION_ARM}`));
  const learn = (version: Version, points: number) =>
    live().applyDelta(CHAMPION_ARM, version, [{ feature: 'base', bucket: 1, points }]);

  it.each([
    ['a forest', { ...forest(true), version: parseVersion('v000007') }],
    ['an MLP', { ...mlp(false), version: parseVersion('v000008') }],
  ])('change the first pass of %s, and nothing of what re-ranks', async (_, scorer) => {
    const { version } = scorer;
    await publishWhole(scorer);
    await eventually(async () => expect(await learn(version, 2)).toEqual({ version, delta: 1 }));
    const served = scorerFromBytes((await live().adopt(CHAMPION_ARM)).bytes!);
    const weights = scorer.weights.with(1, served.weights[1]);
    expect(served).toEqual({ ...scorer, weights });
    expect(served.weights[1]).toBe(scorer.weights[1] + 2 * 65_536);
  });

  it('are refused where they would lift the sum of both passes out of range', async () => {
    const scorer = { ...mlp(true), version: parseVersion('v000005') };
    await publishWhole(scorer);
    await eventually(async () =>
      expect(await learn(scorer.version, 1000)).toMatchObject({
        refused: { status: 400, message: expect.stringMatching(/scores would range from/) },
      }),
    );
  });

  it('fit beside the published version when the scorer is about as large as one may be', async () => {
    const large = randomForest(smarttrip, { trees: 214, leaves: 500, seed: 1 });
    const scorer = { ...forest(false), version: parseVersion('v000006'), trees: flatTrees(large) };
    const { length } = scorerToBytes(scorer);
    expect(length).toBeGreaterThan(0.98 * MAX_SCORER_BYTES);
    await publishWhole(scorer);
    const { version } = scorer;
    await eventually(async () => expect(await learn(version, 2)).toEqual({ version, delta: 1 }));
    expect((await live().adopt(CHAMPION_ARM)).bytes?.length).toBe(length);
  });
});
