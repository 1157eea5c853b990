import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ServedExperiment } from '../../../shared/domain/experiment.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { interleave } from '../../../shared/explore/interleave.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { rankable, rankSlate } from '../../../shared/score/rank.ts';
import { toPoints, type AdditiveScorer } from '../../../shared/score/scorer.ts';
import { fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate, type Isolate } from '../support/edge.ts';
import { experimentOf, layerOf, publishTraffic } from '../support/experiments.ts';
import { hotels, publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { rank, rankAll } from '../support/rank.ts';
import { makeTrips } from '../support/trips.ts';

const trips = makeTrips(60, 5);
const preferences = { budget: 900, themes: ['ski'] };
const EXPLORING = { temperature: 3, epsilon: 0.1, poolSize: 30 };
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

const bodies = (limit: number) =>
  Array.from({ length: 30 }, (_, i) => ({ sessionId: `s${i}`, preferences, limit }));

/** Ranks and gives back what was logged, by session. */
async function logged(limit: number): Promise<Map<string, Decision>> {
  const backend = fakeBackend();
  await rankAll(isolate, bodies(limit));
  await shipAll();
  return new Map(
    backend.sent.flatMap(({ decisions }) => decisions).map((one) => [one.sessionId, one]),
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
        const { at: nowMs, seed, request, teams, exploration } = decision;
        expect(exploration).toEqual({ ...EXPLORING, temperature: 0, epsilon: 0 });
        expect(decision.weights).toBe('v000001');
        expect(decision.arm).toMatch(/^exp_1:(control|treatment)$/);
        const lists = scorers.map((scorer) =>
          rankSlate(scorer, table, JSON.parse(request), { limit, seed, nowMs, exploration }),
        );
        const drafted = interleave([lists[0].ids, lists[1].ids], limit, seededRandom(seed));
        expect(decision.itemIds).toEqual(drafted.map(({ item }) => item));
        expect([...teams!]).toEqual(drafted.map(({ team }) => team));
        expect(decision.propensities).toEqual(drafted.map(({ propensity }) => propensity));
        drafted.forEach(({ item, team }, slot) => {
          const at = lists[team].ids.indexOf(item);
          const features = smarttrip.features.length;
          const codes = (of: Uint8Array, row: number) => [
            ...of.subarray(row * features, (row + 1) * features),
          ];
          expect(decision.units[slot]).toBe(lists[team].units[at]);
          expect(codes(decision.codes, slot)).toEqual(codes(lists[team].codes, at));
        });
      }
      const firsts = new Set([...decisions.values()].map(({ teams }) => teams![0]));
      expect(firsts).toEqual(new Set([0, 1]));
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
    ['does not expose where they agree', 'v000001', 0],
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
