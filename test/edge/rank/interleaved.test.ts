import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { drawSlateWith } from '../../../edge/rank/draw-slate.ts';
import type { ServingConfig } from '../../../edge/rank/experiment-plan.ts';
import type { ServedExperiment } from '../../../shared/domain/experiment.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import type { ExplorationSpec } from '../../../shared/domain/exploration.ts';
import type { ItemId } from '../../../shared/domain/ids.ts';
import { DEFAULT_PLACEMENT } from '../../../shared/domain/placement.ts';
import type { RankRequest } from '../../../shared/domain/rank-request.ts';
import { interleave, type Team } from '../../../shared/explore/interleave.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { posteriorOf } from '../../../shared/score/posterior.ts';
import { poolOf, type Pool } from '../../../shared/score/pool.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { toPoints, type AdditiveScorer } from '../../../shared/score/scorer.ts';
import { bestOfBoth } from '../../oracle/best-of-both.ts';
import { slotProbability } from '../../oracle/plackett-luce.ts';
import { decisionsOf, fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate, type Isolate } from '../support/edge.ts';
import { experimentOf, layerOf, publishTraffic } from '../support/experiments.ts';
import { hotels } from '../../support/other-schemas.ts';
import { publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { rank, rankAll } from '../support/rank.ts';
import { makeTrips } from '../support/trips.ts';

const trips = makeTrips(60, 5);
const preferences = { budget: 900, themes: ['ski'] };
const EXPLORING = { temperature: 3, epsilon: 0.1, poolSize: 30 };
const NONE = { temperature: 0, epsilon: 0, poolSize: 30 };
const ASKED = {
  placement: DEFAULT_PLACEMENT,
  consent: 'measure',
  explain: false,
  context: {},
  recent: [],
} as const;
const NOW_MS = Date.UTC(2026, 5, 1);
let isolate: Isolate;
let scorers: AdditiveScorer[];

beforeAll(async () => {
  await publishItems(trips);
  const champion = await publishScorer('v000001', { exploration: EXPLORING });
  const points = { ...smarttrip.rules, budget: [0, -12, 3, 9] };
  const challenger = await storeScorer('v000002', { points, exploration: EXPLORING });
  await storeScorer('v000003', { schema: hotels });
  scorers = [champion, challenger];
  isolate = coldIsolate();
});
afterEach(() => vi.restoreAllMocks());

const running = (
  treatment: string,
  changes: Partial<ServedExperiment> = {},
  expected = ['exp_1'],
) => {
  const own = experimentOf('exp_1', { design: 'interleaved', ...changes });
  const pointer = {
    champion: 'v000001',
    arms: { 'exp_1:treatment': treatment },
    layers: [layerOf('ranking', [own], 'session')],
  };
  return publishTraffic(isolate, pointer, { experiments: expected });
};

const configOf = (exploration?: ExplorationSpec): ServingConfig => {
  const [weights, secondWeights] = scorers.map((scorer) => ({ scorer, delta: 0 }));
  return { weights, secondWeights, ...(exploration && { exploration }) };
};

const bodies = (limit: number) =>
  Array.from({ length: 30 }, (_, i) => ({ sessionId: `s${i}`, preferences, limit }));

/** Ranks and gives back what was logged, by session. */
async function logged(limit: number): Promise<Map<string, Decision>> {
  const backend = fakeBackend();
  const decisions = await decisionsOf(backend, await rankAll(isolate, bodies(limit)));
  return new Map(decisions.map((one) => [one.sessionId, one]));
}

/** The distribution of what a pool's version would show next, by row, summed up from its definition. */
function nextOf(
  { best, raises }: Pool,
  shown: readonly number[],
  exploration: ExplorationSpec,
): Map<number, number> {
  const left = [...best.keys()].filter((index) => !shown.includes(best[index].row));
  if (shown.length + 1 < (exploration.fromSlot ?? 1)) {
    const [top] = left.toSorted(
      (a, b) => best[b].units - best[a].units || best[a].row - best[b].row,
    );
    return new Map([[best[top].row, 1]]);
  }
  const points = best.map(({ units }, index) => toPoints(units + (raises?.[index] ?? 0)));
  return new Map(
    left.map((index) => [best[index].row, slotProbability(points, left, index, exploration)]),
  );
}

describe('an interleaved slate', () => {
  it.each([1, 2, 7, 20])(
    'of %d slots is the draft of both arms, and replays from its log',
    async (limit) => {
      await running('v000002');
      const decisions = await logged(limit);
      const table = rankable(packItems(smarttrip.columns, trips));
      expect(decisions.size).toBe(30);
      for (const decision of decisions.values()) {
        const { at: nowMs, seed, teams } = decision;
        const request = { ...JSON.parse(decision.request), limit } as RankRequest;
        expect(decision.exploration).toEqual(EXPLORING);
        expect(decision.weights).toBe('v000001');
        expect(decision.arm).toMatch(/^exp_1:(control|treatment)$/);
        // All that each arm draws from, best first.
        const pools = scorers.map((scorer) =>
          rankSlate(scorer, table, request, { limit: 30, seed, nowMs, exploration: NONE }),
        );
        const [first, second] = pools.map(({ ids, units }): Team<string> => ({
          items: ids,
          points: units.map(toPoints),
          exploration: EXPLORING,
        }));
        const drafted = interleave([first, second], limit, seededRandom(seed));
        expect(decision.itemIds).toEqual(drafted.map(({ item }) => item));
        expect([...teams!]).toEqual(drafted.map(({ team }) => team));
        expect(decision.propensities).toEqual(drafted.map(({ propensity }) => propensity));
        drafted.forEach(({ item, team }, slot) => {
          const at = pools[team].ids.indexOf(item as ItemId);
          const features = smarttrip.features.length;
          const codes = (of: Uint8Array, row: number) => [
            ...of.subarray(row * features, (row + 1) * features),
          ];
          expect(decision.units[slot]).toBe(pools[team].units[at]);
          expect(codes(decision.codes, slot)).toEqual(codes(pools[team].codes, at));
        });
        const again = drawSlateWith(configOf(), table, request, { seed, nowMs });
        expect(again.slate.ids).toEqual(decision.itemIds);
        expect(again.slate.propensities).toEqual(decision.propensities);
      }
      const firsts = new Set([...decisions.values()].map(({ teams }) => teams![0]));
      expect(firsts).toEqual(new Set([0, 1]));
    },
  );

  it.each([1, 2, 7, 20])(
    'of %d slots that was logged without exploration, as drafts were before, is drawn again as it was',
    (limit) => {
      const table = rankable(packItems(smarttrip.columns, trips));
      const request: RankRequest = { ...ASKED, preferences, limit };
      for (let seed = 0; seed < 50; seed++) {
        const exploration = NONE;
        const lists = scorers.map(
          (scorer) =>
            rankSlate(scorer, table, request, { limit, seed, nowMs: NOW_MS, exploration }).ids,
        );
        const before = bestOfBoth([lists[0], lists[1]], limit, seededRandom(seed));
        const again = drawSlateWith(configOf(exploration), table, request, {
          seed,
          nowMs: NOW_MS,
        });
        expect(again.exploration).toEqual(exploration);
        expect(again.slate.ids).toEqual(before.map(({ item }) => item));
        expect(again.slate.propensities).toEqual(before.map(({ propensity }) => propensity));
        expect([...again.draft!.teams]).toEqual(before.map(({ team }) => team));
      }
    },
  );

  it('of which one arm explores says so in its log', () => {
    const table = rankable(packItems(smarttrip.columns, trips));
    const request: RankRequest = { ...ASKED, preferences, limit: 7 };
    const [own, other] = scorers.map((scorer) => ({ scorer, delta: 0 }));
    const still = { ...own, scorer: { ...own.scorer, exploration: NONE } };
    for (const [weights, secondWeights] of [
      [still, other],
      [other, still],
    ]) {
      const drawn = drawSlateWith({ weights, secondWeights }, table, request, {
        seed: 1,
        nowMs: NOW_MS,
      });
      expect(drawn.exploration).toEqual(EXPLORING);
    }
  });

  it.each([{}, { fromSlot: 3 }, { temperature: 0, epsilon: 0 }, { raisedFeatures: 1 }])(
    'drafts by the raises of each arm, says them slot by slot, and replays: %o',
    (changes) => {
      const exploration = { ...EXPLORING, optimism: 1, maxLoss: 20, ...changes };
      const [sure, unsure] = scorers.map((scorer, arm) => ({
        scorer: {
          ...scorer,
          exploration,
          posterior: posteriorOf(scorer.schema, () => (arm === 0 ? 1 : 6)),
        },
        delta: 0,
      }));
      const config = { weights: sure, secondWeights: unsure };
      const table = rankable(packItems(smarttrip.columns, trips));
      const limit = 6;
      const request: RankRequest = { ...ASKED, preferences, limit };
      let raised = 0;
      for (let seed = 0; seed < 80; seed++) {
        const drawn = drawSlateWith(config, table, request, { seed, nowMs: NOW_MS });
        const { slate, draft } = drawn;
        expect(drawn.exploration).toEqual(exploration);
        const pools = [sure, unsure].map(({ scorer }) =>
          poolOf(scorer, table, request, { limit, seed, nowMs: NOW_MS, exploration }),
        );
        const isRaised = pools.some(({ raises }) => raises !== undefined);
        expect(slate.raises !== undefined).toBe(isRaised);
        if (slate.raises?.some((units) => units > 0) === true) raised++;
        const shown: number[] = [];
        /** How likely each arm is to pick this slot, by definition; and what it would put there. */
        let chances = [0.5, 0.5];
        slate.rows.forEach((row, slot) => {
          const own = pools.map((pool) => nextOf(pool, shown, exploration));
          if (slot % 2 === 0) chances = [0.5, 0.5];
          const likely = own.map((next, arm) => chances[arm] * (next.get(row) ?? 0));
          const exact = likely[0] + likely[1];
          expect(slate.propensities[slot]).toBeCloseTo(exact, 10);
          chances = [likely[1] / exact, likely[0] / exact];
          const { best, raises } = pools[draft!.teams[slot]];
          const at = best.findIndex((one) => one.row === row);
          expect(slate.units[slot]).toBe(best[at].units);
          expect(slate.raises?.[slot] ?? 0).toBe(raises?.[at] ?? 0);
          shown.push(row);
        });
      }
      expect(raised).toBeGreaterThan(0);
    },
  );

  it('is explained slot by slot by the arm that put the item there', async () => {
    await running('v000002');
    const { items, weights } = await rank(isolate, { preferences, limit: 12, explain: true });
    expect(weights).toBe('v000001');
    for (const { score, reasons } of items)
      expect(reasons!.reduce((sum, { points }) => sum + points, 0)).toBe(score);
  });

  it('does not hang on the arm that its visitor is assigned', async () => {
    const whole = experimentOf('exp_1').arms;
    for (const [first, second] of [
      [1, 0],
      [0, 1],
    ]) {
      await running('v000002', {
        arms: [
          { ...whole[0], weight: first },
          { ...whole[1], weight: second },
        ],
      });
      const decisions = await logged(5);
      const used = new Set([...decisions.values()].flatMap(({ teams }) => [...teams!]));
      expect(used).toEqual(new Set([0, 1]));
      expect([...decisions.values()].every(({ weights }) => weights === 'v000001')).toBe(true);
    }
  });

  it.each([
    ['exposes where the lists differ', 'v000002', 30],
    ['does not expose where they agree, though both explore', 'v000001', 0],
  ] as const)('%s, when only that counts', async (_, treatment, count) => {
    await running(treatment, { trigger: 'slate differs' });
    const answers = await rankAll(isolate, bodies(20));
    expect(answers.filter(({ experiment }) => experiment === 'exp_1')).toHaveLength(count);
  });

  it('is not made of arms of two schemas, not even of candidates', async () => {
    await running('v000003', {}, []);
    const candidates = ['trip-1', 'trip-2', 'trip-3'];
    for (const more of [{}, { candidates }]) {
      const answers = await rankAll(
        isolate,
        bodies(5).map((body) => ({ ...body, ...more })),
      );
      for (const answer of answers) {
        expect(answer.weights).toBe('v000001');
        expect(answer).not.toHaveProperty('experiment');
      }
    }
  });

  it('of nothing that may be shown is empty', async () => {
    await running('v000002');
    const candidates = [{ id: 'gone', status: 'full' }];
    const answer = await rank(isolate, { candidates });
    expect(answer).toMatchObject({ status: 200, items: [], weights: 'v000001' });
  });

  it('tells the scores that its items were drafted by', async () => {
    await running('v000002');
    const backend = fakeBackend();
    const { rankingId, items } = await rank(isolate, { preferences, limit: 6 });
    await shipAll();
    const decisions = backend.sent.flatMap((batch) => batch.decisions);
    const own = decisions.find((decision) => decision.rankingId === rankingId)!;
    expect(items.map(({ score }) => score)).toEqual(own.units.map(toPoints));
  });
});
