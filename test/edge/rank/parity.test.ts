import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import type { Item } from '../../../shared/domain/item.ts';
import { scoreCodes, type AdditiveScorer } from '../../../shared/score/scorer.ts';
import { sized } from '../../support/size.ts';
import { decisionsOf, fakeBackend } from '../support/backend.ts';
import { coldIsolate } from '../support/edge.ts';
import { comparedPairs, incompleteTrips } from '../support/parity.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { rank, type RankAnswer } from '../support/rank.ts';

const SEED = 20261;
const REQUESTS = sized({ small: 30, full: 115 });
const PER_REQUEST = 100;
const PAIRS = sized({ small: 2500, full: 10_000 });
let trips: Item[];
let scorer: AdditiveScorer;

beforeAll(async () => {
  trips = incompleteTrips(REQUESTS * PER_REQUEST, SEED);
  await publishItems(trips);
  const random = seededRandom(SEED);
  const points = Object.fromEntries(
    Object.entries(smarttrip.rules).map(([name, values]) => [
      name,
      values.map(() => 40 * random() - 20),
    ]),
  );
  scorer = await publishScorer('v000001', { points });
});

afterEach(() => vi.restoreAllMocks());

/** Wishes of which each may be absent. */
function wishes(random: () => number) {
  const some = <T>(value: T) => (random() < 0.75 ? value : undefined);
  const one = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)];
  const days = 3 + Math.floor(random() * 15);
  return {
    themes: some([one(['beach', 'food']), one(['ski', 'hiking', 'golf'])]),
    difficulty: some(Math.floor(random() * 4)),
    durationDays: some({ min: days, max: days + Math.floor(random() * 4) }),
    budget: some(400 + Math.floor(random() * 2000)),
    continents: some([one(['Europe', 'Asia'])]),
    countries: some([one(['FR', 'JP', 'XX'])]),
  };
}

it(`gives the codes and scores of an item-by-item computation, bit for bit, on over ${PAIRS} random pairs (seed ${SEED})`, async () => {
  const backend = fakeBackend();
  const isolate = coldIsolate();
  const random = seededRandom(SEED + 1);
  const answers: RankAnswer[] = [];
  for (let i = 0; i < REQUESTS; i++) {
    const candidates = trips.slice(i * PER_REQUEST, (i + 1) * PER_REQUEST).map(({ id }) => id);
    const preferences = wishes(random);
    answers.push(await rank(isolate, { candidates, preferences, limit: PER_REQUEST }));
  }
  const decisions = await decisionsOf(backend, answers);
  const pairs = comparedPairs(decisions, trips, (codes) => scoreCodes(scorer, codes));
  expect(pairs).toBeGreaterThan(PAIRS);
});
