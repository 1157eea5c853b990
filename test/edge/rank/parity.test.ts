import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { parseItem } from '../../../shared/domain/item.ts';
import { scoreCodes, type AdditiveScorer } from '../../../shared/score/scorer.ts';
import { encodeItem } from '../../oracle/encode.ts';
import { fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate } from '../support/edge.ts';
import { publishScorer } from '../support/publish.ts';
import { rank } from '../support/rank.ts';
import { makeTrips } from '../support/trips.ts';

const SEED = 20261;
const REQUESTS = 115;
const PER_REQUEST = 100;
let scorer: AdditiveScorer;

beforeAll(async () => {
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

/** Full trips are not shown, so there would be nothing to compare. */
const unfiltered = (status: unknown) => (status === 'full' ? 'waitlist' : status);

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

it(`gives the codes and scores of an item-by-item computation, bit for bit, on over 10,000 random pairs (seed ${SEED})`, async () => {
  const backend = fakeBackend();
  const isolate = coldIsolate();
  const random = seededRandom(SEED + 1);
  for (let i = 0; i < REQUESTS; i++) {
    const candidates = makeTrips(PER_REQUEST, SEED + i).map(({ id, attributes }) =>
      Object.fromEntries(
        Object.entries({ id, ...attributes, status: unfiltered(attributes.status) }).filter(
          ([name]) => name === 'id' || random() < 0.9,
        ),
      ),
    );
    const preferences = JSON.parse(JSON.stringify(wishes(random)));
    await rank(isolate, { candidates, preferences, limit: PER_REQUEST });
  }
  await shipAll();
  let pairs = 0;
  const unequal: object[] = [];
  for (const decision of backend.sent.flatMap(({ decisions }) => decisions)) {
    const { candidates, ...visit } = JSON.parse(decision.request);
    const items = candidates.map(parseItem);
    const competition = { items, ordered: true, visit, nowMs: decision.at };
    const rowOf = new Map(items.map(({ id }: { id: string }, row: number) => [id, row]));
    const features = smarttrip.features.length;
    decision.itemIds.forEach((id, slot) => {
      const codes = encodeItem(smarttrip, Number(rowOf.get(id)), competition);
      const logged = [...decision.codes.subarray(slot * features, (slot + 1) * features)];
      const units = scoreCodes(scorer, codes);
      if (logged.join() !== codes.join() || decision.units[slot] !== units)
        unequal.push({ id, logged, codes, units: [decision.units[slot], units] });
      pairs++;
    });
  }
  expect(unequal).toEqual([]);
  expect(pairs).toBeGreaterThan(10_000);
});
