import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Decision } from '../../../shared/domain/decision.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import type { AdditiveScorer } from '../../../shared/score/scorer.ts';
import { fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate, SECRET, type Ask, type Isolate } from '../support/edge.ts';
import { experimentOf, layerOf, publishTraffic } from '../support/experiments.ts';
import { hotels } from '../../support/other-schemas.ts';
import { publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { rank, type RankAnswer } from '../support/rank.ts';
import { makeTrips } from '../support/trips.ts';

const trips = makeTrips(60, 5);
const preferences = { budget: 900, themes: ['ski'] };
let isolate: Isolate;
let challenger: AdditiveScorer;

beforeAll(async () => {
  await publishItems(trips);
  await publishScorer('v000001');
  challenger = await storeScorer('v000002', {
    points: { ...smarttrip.rules, budget: [0, -12, 3, 9] },
    exploration: { temperature: 4, epsilon: 0.05, poolSize: 20 },
  });
  await storeScorer('v000003', { schema: hotels });
  isolate = coldIsolate();
});
afterEach(() => vi.restoreAllMocks());

const shadowing = (version: string, share: number, more: object = {}) =>
  publishTraffic(
    isolate,
    { champion: 'v000001', shadow: { version, share }, ...more },
    { shadow: version },
  );

async function logged(
  count: number,
  body: object = {},
  ask: Ask = {},
): Promise<{ answers: RankAnswer[]; decisions: Map<string, Decision> }> {
  const backend = fakeBackend();
  const answers = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      rank(isolate, { sessionId: `s${i}`, preferences, ...body }, ask),
    ),
  );
  await shipAll();
  const all = backend.sent.flatMap(({ decisions }) => decisions);
  return { answers, decisions: new Map(all.map((one) => [one.rankingId, one])) };
}

describe('a version in shadow', () => {
  it('is scored from the seed of what was shown, logged, and never shown', async () => {
    await shadowing('v000002', 1);
    const { answers, decisions } = await logged(30, { limit: 6 });
    const table = rankable(packItems(smarttrip.columns, trips));
    let different = 0;
    for (const answer of answers) {
      const {
        at: nowMs,
        seed,
        request,
        limit,
        shadow,
        itemIds,
        weights,
      } = decisions.get(answer.rankingId)!;
      const { ids } = rankSlate(challenger, table, JSON.parse(request), {
        limit,
        seed,
        nowMs,
        exploration: challenger.exploration,
      });
      expect(shadow).toEqual({ version: 'v000002', itemIds: ids });
      expect(weights).toBe('v000001');
      expect(answer.items.map(({ id }) => id)).toEqual(itemIds);
      expect(JSON.stringify(answer)).not.toContain('v000002');
      if (ids.join() !== itemIds.join()) different++;
    }
    expect(different).toBeGreaterThan(20);
  });

  it('is scored for its share of the sessions, which stay in it while it grows', async () => {
    const scored = async (share: number) => {
      await shadowing('v000002', share);
      const { decisions } = await logged(200);
      const found = [...decisions.values()].filter(({ shadow }) => shadow !== undefined);
      return new Set(found.map(({ sessionId }) => sessionId));
    };
    const [fifth, half, none] = [await scored(0.2), await scored(0.5), await scored(0)];
    // 4 standard deviations of 200 draws.
    expect(Math.abs(fifth.size - 40)).toBeLessThan(23);
    expect(Math.abs(half.size - 100)).toBeLessThan(29);
    expect(fifth.isSubsetOf(half)).toBe(true);
    expect(none.size).toBe(0);
  });

  it('is scored beside the arms of experiments, too, and beside candidates', async () => {
    const arms = { 'exp_1:treatment': 'v000001' };
    const layers = [layerOf('ranking', [experimentOf('exp_1')], 'session')];
    await shadowing('v000002', 1, { arms, layers });
    const candidates = ['trip-1', 'trip-2', 'trip-3', 'trip-4'];
    for (const body of [{}, { candidates }]) {
      const { decisions } = await logged(10, body);
      for (const { arm, shadow } of decisions.values()) {
        expect(arm).toMatch(/^exp_1:/);
        expect(shadow?.version).toBe('v000002');
      }
    }
  });

  it('is not scored where it cannot be compared: pinned, or of another schema', async () => {
    await shadowing('v000002', 1);
    const pin = { key: SECRET, headers: { 'x-trimtab-version': 'v000001' } };
    await shadowing('v000002', 1);
    const pinned = await logged(3, {}, pin);
    await shadowing('v000003', 1);
    const other = await logged(3);
    for (const { answers, decisions } of [pinned, other])
      for (const { rankingId } of answers)
        expect(decisions.get(rankingId)).not.toHaveProperty('shadow');
  });

  it('that was never published harms nothing, and the reason is told', async () => {
    const pointer = { champion: 'v000001', shadow: { version: 'v000404', share: 1 } };
    const { problems } = await publishTraffic(isolate, pointer, {
      shadow: null,
      degraded: false,
      problems: [expect.any(String)],
    });
    expect(problems![0]).toMatch(/shadow v000404 cannot be scored: .*no weights v000404/);
    const { answers, decisions } = await logged(3);
    for (const { rankingId, status, degraded } of answers) {
      expect({ status, degraded }).toEqual({ status: 200, degraded: false });
      expect(decisions.get(rankingId)).not.toHaveProperty('shadow');
    }
  });

  it('pauses while somebody holds the pointer', async () => {
    await shadowing('v000002', 1);
    await publishTraffic(isolate, 'v000001', { shadow: null });
    const { decisions } = await logged(3);
    for (const decision of decisions.values()) expect(decision).not.toHaveProperty('shadow');
  });
});
