import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { parseItem, type Item } from '../../../shared/domain/item.ts';
import { scoreCodes, type AdditiveScorer } from '../../../shared/score/scorer.ts';
import { encodeItem } from '../../oracle/encode.ts';
import { sized } from '../../support/size.ts';
import { fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate } from '../support/edge.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { rank } from '../support/rank.ts';
import { makeTrips } from '../support/trips.ts';

const SEED = 20261;
const REQUESTS = sized({ small: 30, full: 115 });
const PER_REQUEST = 100;
const PAIRS = sized({ small: 2500, full: 10_000 });
let trips: Item[];
let scorer: AdditiveScorer;

beforeAll(async () => {
  const random = seededRandom(SEED);
  trips = makeTrips(REQUESTS * PER_REQUEST, SEED).map((trip) => incomplete(trip, random));
  await publishItems(trips);
  const points = Object.fromEntries(
    Object.entries(smarttrip.rules).map(([name, values]) => [
      name,
      values.map(() => 40 * random() - 20),
    ]),
  );
  scorer = await publishScorer('v000001', { points });
});

afterEach(() => vi.restoreAllMocks());

/** A trip of which any attribute may be missing, and that is never full: what is not shown cannot be compared. */
function incomplete({ id, attributes }: Item, random: () => number): Item {
  const status = attributes.status === 'full' ? 'waitlist' : attributes.status;
  const kept = Object.entries({ ...attributes, status }).filter(() => random() < 0.9);
  return parseItem({ ...Object.fromEntries(kept), id });
}

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
  const asked = new Set<string>();
  for (let i = 0; i < REQUESTS; i++) {
    const candidates = trips.slice(i * PER_REQUEST, (i + 1) * PER_REQUEST).map(({ id }) => id);
    const preferences = wishes(random);
    const { rankingId } = await rank(isolate, { candidates, preferences, limit: PER_REQUEST });
    asked.add(rankingId);
  }
  await shipAll();
  const tripOf = new Map(trips.map((trip) => [trip.id, trip]));
  const features = smarttrip.features.length;
  const unequal: object[] = [];
  let pairs = 0;
  for (const decision of backend.sent.flatMap(({ decisions }) => decisions)) {
    // All files share one workerd: what the one before has ranked last may be logged only now.
    if (!asked.has(decision.rankingId)) continue;
    const { candidates, ...visit } = JSON.parse(decision.request);
    const items: Item[] = candidates.map((candidate: Item) => tripOf.get(candidate.id));
    const competition = { items, ordered: true, visit, nowMs: decision.at };
    decision.itemIds.forEach((id, slot) => {
      const row = items.findIndex((item) => item.id === id);
      const codes = encodeItem(smarttrip, row, competition);
      const units = scoreCodes(scorer, codes);
      const logged = [...decision.codes.subarray(slot * features, (slot + 1) * features)];
      if (logged.join() !== codes.join() || decision.units[slot] !== units)
        unequal.push({ id, logged, codes, units: [decision.units[slot], units] });
      pairs++;
    });
  }
  expect(unequal).toEqual([]);
  expect(pairs).toBeGreaterThan(PAIRS);
});
