import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { DEMO } from '../../backend/config/demo.ts';
import type { Answer } from '../../backend/http/answers.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { parseRankRequest, type RankRequest } from '../../shared/domain/rank-request.ts';
import { hashToUnitInterval } from '../../shared/explore/assign.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { codesOf, encodeRequest } from '../../shared/features/encode.ts';
import { candidateTable } from '../../shared/score/candidate-table.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import { scoreCodes, toPoints } from '../../shared/score/scorer.ts';
import {
  call,
  clickOn,
  liveAtEdge,
  openDatabase,
  putItems,
  rank,
  type Ranking,
} from '../support/client.ts';
import {
  asItem,
  scorerInKv,
  storedDecisions,
  type StoredDecision,
} from '../support/stored-decisions.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';
import { hiddenTaste } from '../world/hidden-taste.ts';
import { TRIP_WISHES, tripWishes } from '../world/trip-wishes.ts';

const SHOWN = 10;
const AT_ONCE = 8;
const LEARNED_FROM = 1300;
const FORETOLD_FROM = 1000;
const SPLIT = 600;
const F = tripWishes.features.length;
const ITEMS = demoCatalogue(90, 1, Date.now())
  .filter(({ status }) => status !== 'full')
  .slice(0, 50);
const WISHES = [
  { themes: ['hiking'], difficulty: 3, budget: 1500 },
  { themes: ['food', 'culture'], budget: 900, continents: ['Europe'] },
  { difficulty: 1, durationDays: { min: 5, max: 9 } },
  { themes: ['ski'], budget: 2500, countries: ['AT', 'IT'] },
];
/** What visitors like, and how they look at slots, is known to them alone. */
const TASTE = hiddenTaste(11);
const random = seededRandom(5);

let system: System;
beforeAll(async () => {
  system = await startSystem({
    config: { ...DEMO, schema: TRIP_WISHES, rollout: { mode: 'staged', schedule: '' } },
    edgeEnv: { RATE_LIMITS: 'off' },
  });
  await putItems(system, ITEMS);
});
afterAll(() => system?.stop());

/** Ten items of chance, in the site's own order for a visitor: it knows a little of what is liked. */
function orderOfSite(visit: RankRequest): string[] {
  const chosen = ITEMS.map((item) => [random(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .slice(0, SHOWN)
    .map(([, item]) => item);
  const codes = codesBy(visit, chosen);
  const liking = chosen.map(
    ({ id }, row) =>
      0.1 * toPoints(scoreCodes(TASTE.oracle, codes, row * F)) +
      25 * hashToUnitInterval('site', 'arm', id),
  );
  return [...chosen.keys()].toSorted((a, b) => liking[b] - liking[a]).map((row) => chosen[row].id);
}

function codesBy(visit: RankRequest, items: readonly { readonly id: string }[]): Uint8Array {
  const { table, rows } = candidateTable(tripWishes, items.map(asItem), undefined);
  const encoded = encodeRequest(tripWishes, table, rows, visit, Date.now());
  return codesOf(
    encoded,
    items.map((_, row) => row),
  );
}

const ITEM_OF = new Map<string, (typeof ITEMS)[number]>(ITEMS.map((item) => [item.id, item]));
type Ranked = Ranking & {
  readonly siteOrder?: true;
  readonly experiment?: string;
  readonly arm?: string;
};
let visitors = 0;

/** Visitors who are ranked for over HTTP, and click what they look at and like. @returns what they were answered. */
async function visitsOf(count: number, check: (answer: Ranked, candidates: string[]) => void) {
  const answers: Ranked[] = [];
  let left = count;
  const visitor = async () => {
    while (left-- > 0) {
      const number = visitors++;
      const sessionId = `visitor-${number}`;
      const preferences = WISHES[number % WISHES.length];
      const visit = parseRankRequest({ sessionId, preferences });
      const candidates = orderOfSite(visit);
      const body = { sessionId, preferences, candidates, limit: SHOWN };
      const answer = (await rank(system, body)) as Ranked;
      check(answer, candidates);
      answers.push(answer);
      const shown = answer.items.map(({ id }) => ITEM_OF.get(id)!);
      const clicks = TASTE.clicks(codesBy(visit, shown), shown.length);
      const events = shown.flatMap(({ id }, slot) =>
        clicks[slot] > 0 ? [clickOn(answer, id)] : [],
      );
      if (events.length === 0) continue;
      const { status } = await system.edge.ask('/v1/events', {
        key: system.keys.publishableKey,
        body: events,
      });
      expect(status).toBe(202);
      sent += events.length;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, visitor));
  ranked += answers.length;
  await until('the backend has all of it', async () => {
    const { counts } = await call<Answer<'/v1/status'>>(system, 'GET', '/v1/status');
    return counts.events === sent && counts.decisions === ranked;
  });
  return answers;
}
let [sent, ranked] = [0, 0];

const keepsOrder = (answer: Ranked, candidates: string[]) => {
  expect(answer.siteOrder).toBe(true);
  expect(answer.items.map(({ id }) => id)).toEqual(candidates);
};
const switchTo = async (share: number) => {
  await call(system, 'POST', '/v1/apprentice', { share });
  await until('the edge has it', async () => {
    const { pointer } = (await liveAtEdge(system)) as unknown as {
      pointer: { apprentice?: Record<string, { share: number }> };
    };
    return (pointer.apprentice?.['*']?.share ?? 1) === share;
  });
};
const status = () => call<Answer<'/v1/apprentice'>>(system, 'GET', '/v1/apprentice?days=1');

/** Decisions of some of the log, in order. */
async function logged(isAsked: (one: StoredDecision) => boolean): Promise<StoredDecision[]> {
  const { db, close } = openDatabase(system);
  try {
    return (await storedDecisions(db)).filter(isAsked);
  } finally {
    close();
  }
}

/** All that was logged, a line for each ranking. */
const textOf = (decisions: readonly StoredDecision[]) =>
  decisions.map((one) => `${JSON.stringify(one)}\n`).join('');

/** Clicks per ranking that these visitors give, on average. */
const worthOf = (decisions: readonly StoredDecision[], order: (one: StoredDecision) => number[]) =>
  decisions.reduce((total, one) => {
    const codes = Uint8Array.from(
      order(one).flatMap((slot) => [...one.codes.subarray(slot * F, (slot + 1) * F)]),
    );
    return total + TASTE.expected(codes, one.itemIds.length).reduce((a, b) => a + b, 0);
  }, 0) / decisions.length;
const asShown = ({ itemIds }: StoredDecision) => [...itemIds.keys()];
const byScore = (one: StoredDecision) =>
  asShown(one).toSorted((a, b) => one.units[b] - one.units[a]);

describe('an apprentice on a site with a mediocre order of its own', () => {
  let version: string;
  let foretold: number;

  it(
    'keeps that order for everybody, and learns from it what becomes champion unseen',
    { timeout: 400_000 },
    async () => {
      await switchTo(0);
      await visitsOf(LEARNED_FROM, keepsOrder);
      expect((await status()).readiness).toBe('nothing learned');
      const { runId } = await call<{ runId: string }>(system, 'POST', '/v1/train', {
        name: 'apprentice',
      });
      await until('it has learned', async () => {
        const run = await call<Answer<'/v1/runs/:id'>>(system, 'GET', `/v1/runs/${runId}`);
        if (run.status === 'failed') throw new Error(run.error ?? 'the training failed');
        if (run.status === 'done') {
          expect(run.progress.outcome).toBe('promoted');
        }
        return run.status === 'done';
      });
      await until('the edge scores by it', async () => {
        version = (await liveAtEdge(system)).weights;
        return version !== RULES_VERSION;
      });
    },
  );

  it(
    'foretells what its order would gain, and how often both agree, as they are in truth',
    { timeout: 400_000 },
    async () => {
      await visitsOf(FORETOLD_FROM, keepsOrder);
      const decisions = await logged(({ weights, siteOrder }) => siteOrder && weights === version);
      expect(decisions).toHaveLength(FORETOLD_FROM);
      const truth = worthOf(decisions, byScore) / worthOf(decisions, asShown) - 1;
      const { now, readiness, champion, rankings } = await status();
      expect(champion).toBe(version);
      expect(rankings).toEqual({
        all: LEARNED_FROM + FORETOLD_FROM,
        kept: LEARNED_FROM + FORETOLD_FROM,
      });
      expect(truth).toBeGreaterThan(0.1);
      if (now.gain.kind === 'refused') throw new Error(now.gain.reason);
      const { lift } = now.gain;
      // Its 95 % interval misses the truth once in twenty runs, twice that interval hardly ever.
      const reach = lift.high - lift.low;
      expect(Math.abs(truth - lift.mean)).toBeLessThan(reach);
      expect(lift.mean).toBeGreaterThan(0);
      expect(readiness).toBe(lift.low > 0 ? 'ready' : 'not better');
      foretold = lift.mean;

      // What was logged beside the order is what the champion would have shown.
      const scorer = await scorerInKv(system, version);
      let same = 0;
      for (const one of decisions) {
        const { candidates } = one.request;
        const items = candidates!.map(({ id }) => ITEM_OF.get(id)!);
        const table = candidateTable(tripWishes, items.map(asItem), undefined);
        const { ids } = rankSlate(scorer, table, one.request, {
          limit: SHOWN,
          seed: one.seed,
          nowMs: one.at,
          exploration: { temperature: 0, epsilon: 0, poolSize: 1 },
        });
        expect(one.shadow?.itemIds.join()).toBe(ids.join());
        if (ids[0] === one.itemIds[0]) same++;
      }
      expect(now.agreement.rankings).toBe(FORETOLD_FROM);
      expect(now.agreement.first.rate).toBeCloseTo(same / FORETOLD_FROM, 12);
    },
  );

  it(
    'switched on for half, it brings what was foretold, and leaves what was logged before as it was',
    { timeout: 400_000 },
    async () => {
      const before = textOf(await logged(() => true));
      await switchTo(0.5);
      const answers = await visitsOf(SPLIT, (answer, candidates) => {
        expect(answer.experiment).toMatch(/^apprentice-\d+$/);
        if (answer.arm === 'site') keepsOrder(answer, candidates);
        else expect(answer.siteOrder).toBeUndefined();
      });
      const [comparison] = (await status()).comparisons;
      const own = answers.filter(({ arm }) => arm === 'trimtab').length;
      expect(comparison).toMatchObject({
        share: 0.5,
        trimtab: { sessions: own, rankings: own },
        site: { sessions: answers.length - own },
        mismatch: false,
      });
      const { lift } = comparison;
      const inArm = (arm: string) => logged((one) => one.arm?.endsWith(`:${arm}`) === true);
      const truth =
        worthOf(await inArm('trimtab'), asShown) / worthOf(await inArm('site'), asShown) - 1;
      // As foretold: more is clicked. Trimtab explores, so it is a little less than what its best order would have.
      expect(truth).toBeGreaterThan(0);
      if ('missing' in lift) throw new Error(lift.missing);
      for (const expected of [truth, foretold]) {
        expect(lift.low!).toBeLessThan(expected);
        expect(lift.high!).toBeGreaterThan(expected);
      }
      expect(textOf(await logged(() => true)).startsWith(before)).toBe(true);
    },
  );

  it(
    'stays what it was made over restarts, a rollback and a release',
    { timeout: 200_000 },
    async () => {
      const once = async (number: number) => {
        const sessionId = `later-${number}`;
        const visit = parseRankRequest({ sessionId, preferences: WISHES[0] });
        const candidates = orderOfSite(visit);
        const answer = (await rank(system, {
          sessionId,
          preferences: WISHES[0],
          candidates,
          limit: SHOWN,
        })) as Ranked;
        return answer.siteOrder === true;
      };
      await switchTo(0);
      await system.backend.kill9();
      await system.edge.kill9();
      await system.edge.start();
      await system.backend.start();
      await until('the edge goes by the pointer', async () => !(await liveAtEdge(system)).degraded);
      expect(await once(1)).toBe(true);
      await call(system, 'POST', `/v1/weights/${RULES_VERSION}/rollback`);
      await until('it is held', async () => (await liveAtEdge(system)).weights === RULES_VERSION);
      expect(await once(2)).toBe(true);
      await switchTo(1);
      expect(await once(3)).toBe(false);
      await switchTo(0);
      expect(await once(4)).toBe(true);
      await call(system, 'POST', '/v1/weights/release');
      await until('it is released', async () => {
        const { pointer } = (await liveAtEdge(system)) as unknown as { pointer: { hold?: true } };
        return pointer.hold === undefined;
      });
      expect(await once(5)).toBe(true);
      await switchTo(1);
      expect(await once(6)).toBe(false);
    },
  );
});
