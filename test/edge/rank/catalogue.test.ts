import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { encodeItem, isFiltered } from '../../oracle/encode.ts';
import { scoreCodes, toPoints, type AdditiveScorer } from '../../../shared/score/scorer.ts';
import type { ItemId } from '../../../shared/domain/ids.ts';
import { verifyToken } from '../../../shared/domain/token.ts';
import { coldIsolate } from '../support/edge.ts';
import { keyedSession, keyedUser } from '../support/keyed.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { rank } from '../support/rank.ts';
import { makeTrips } from '../support/trips.ts';

const trips = makeTrips(300, 7);
const preferences = {
  themes: ['beach', 'food'],
  budget: 1500,
  durationDays: { min: 5, max: 9 },
  countries: ['JP'],
};
let hash: string;
let scorer: AdditiveScorer;

beforeAll(async () => {
  hash = await publishItems(trips);
  scorer = await publishScorer('v000003');
});

describe('ranking the whole catalogue', () => {
  it('gives the best items in order, with the scores that an item-by-item computation gives', async () => {
    const nowMs = Date.now();
    const competition = {
      items: trips,
      ordered: false,
      visit: { preferences, context: {}, recent: [] },
      nowMs,
    };
    const expected = trips
      .map((trip, row) => ({
        trip,
        units: scoreCodes(scorer, encodeItem(smarttrip, row, competition)),
      }))
      .filter(({ trip }) => !isFiltered(smarttrip, trip, nowMs))
      .toSorted((a, b) => b.units - a.units)
      .slice(0, 25)
      .map(({ trip, units }) => ({ id: trip.id, score: toPoints(units) }));
    const { items } = await rank(coldIsolate(), { preferences, limit: 25 });
    expect(items.map(({ id, score }) => ({ id, score }))).toEqual(expected);
    expect(items.map(({ position }) => position)).toEqual(expected.map((_, i) => i + 1));
  });

  it('says which weights and which snapshot it used, in the body and in the headers', async () => {
    const answer = await rank(coldIsolate());
    expect(answer).toMatchObject({ weights: 'v000003', snapshot: hash, degraded: false });
    expect(answer.headers.get('x-trimtab-weights')).toBe('v000003');
    expect(answer.headers.get('x-trimtab-snapshot')).toBe(hash);
  });

  it('gives 20 items unless told otherwise, and no reasons unless asked', async () => {
    const { items } = await rank(coldIsolate());
    expect(items).toHaveLength(20);
    expect(items[0]).not.toHaveProperty('reasons');
  });

  it('explains each score by named contributions that add up to it exactly', async () => {
    const { items } = await rank(coldIsolate(), { preferences, explain: true });
    for (const { score, reasons = [] } of items) {
      expect(reasons.length).toBeGreaterThan(0);
      expect(reasons.reduce((sum, { points }) => sum + points, 0)).toBe(score);
    }
    expect(items[0]?.reasons).toContainEqual({ feature: 'base', because: 'always', points: 30 });
  });

  it('never shows a full or a departed trip', async () => {
    const { items } = await rank(coldIsolate(), { limit: 100 });
    const filtered = new Set(
      trips.filter((trip) => isFiltered(smarttrip, trip, Date.now())).map(({ id }) => String(id)),
    );
    expect(filtered.size).toBeGreaterThan(50);
    expect(items.filter(({ id }) => filtered.has(id))).toEqual([]);
  });

  it('signs a token over the ranking, the session, the slate and the version', async () => {
    const answer = await rank(coldIsolate(), { userId: 'user-9', limit: 3 });
    const { claims, shown } = verifyToken(answer.token, [env.TOKEN_SECRET!], Date.now());
    expect(claims).toMatchObject({
      rankingId: answer.rankingId,
      sessionId: keyedSession('session-1'),
      userId: keyedUser('user-9'),
      weights: 'v000003',
      snapshot: hash,
    });
    expect(shown.count).toBe(3);
    const positions = answer.items.map(({ id }) => shown.positionOf(id as ItemId));
    expect(positions).toEqual([1, 2, 3]);
  });
});
