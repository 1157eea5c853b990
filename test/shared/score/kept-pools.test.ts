import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExplorationSpec } from '../../../shared/domain/exploration.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { IN_ISOLATE, Kept, KeptRoom } from '../../../shared/memory/kept.ts';
import { bucketCount } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { addDeltas } from '../../../shared/score/add-deltas.ts';
import { candidateTable } from '../../../shared/score/candidate-table.ts';
import { KeptPools } from '../../../shared/score/kept-pools.ts';
import { unlearned } from '../../../shared/score/posterior.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { additiveFromPoints, type Scorer } from '../../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../bench/support/trips.ts';
import { itemLists, schemas, scorersFor, visits } from '../support/arbitrary.ts';
import { fuzz, SEED } from '../support/seed.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 5, 1);
const EXPLORATION: ExplorationSpec = { temperature: 2, epsilon: 0.1, poolSize: 7 };

/** One that raises what is little known in a quarter of its rankings. */
const unsure = (scorer: Scorer): Scorer =>
  scorer.kind === 'additive' && scorer.crosses === undefined
    ? { ...scorer, posterior: unlearned(scorer.schema, EXPLORATION) }
    : scorer;

describe(`pools kept for later requests (seed ${SEED})`, () => {
  it('give what a ranking of the same items without them gives, whatever is asked, learned and dated', () => {
    const cases = schemas.chain((schema) =>
      fc.record({
        scorer: scorersFor(schema),
        items: itemLists,
        asked: fc.array(visits, { minLength: 1, maxLength: 3 }),
        steps: fc.array(
          fc.record({
            visit: fc.nat(2),
            // Items have dates at midnight and noon, within a month.
            afterMs: fc.oneof(
              fc.constant(0),
              fc.integer({ min: 0, max: 30 * 24 }).map((hours) => hours * HOUR_MS),
              fc.integer({ min: -2, max: 2 }),
            ),
            seed: fc.nat({ max: 5 }),
            limit: fc.integer({ min: 1, max: 12 }),
            delta: fc.option(fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: -5, max: 5 }))),
          }),
          { minLength: 2, maxLength: 8 },
        ),
        optimism: fc.constantFrom(0, 1),
      }),
    );
    fuzz(
      cases,
      ({ scorer: first, items, asked, steps, optimism }) => {
        const { schema } = first;
        const exploration = { ...EXPLORATION, optimism };
        const pools = new KeptPools();
        const kept = rankable(packItems(schema.columns, items));
        let scorer = optimism === 0 ? first : unsure(first);
        for (const { visit: which, afterMs, seed, limit, delta } of steps) {
          if (delta !== null) {
            const feature = schema.features[delta[0] % schema.features.length];
            const bucket = delta[1] % bucketCount(feature);
            scorer = addDeltas(scorer, [{ feature: feature.name, bucket, points: delta[2] / 4 }]);
          }
          const visit = asked[which % asked.length];
          const options = { limit, seed, nowMs: START_MS + afterMs, exploration };
          // Of a table that no request has read yet nothing is kept, neither plans nor units.
          const fresh = rankable(packItems(schema.columns, items));
          const expected = rankSlate(scorer, fresh, visit, options);
          // What is asked for the second time is kept.
          for (let time = 0; time < 2; time++)
            expect(rankSlate(scorer, kept, visit, { ...options, pools })).toEqual(expected);
          const { misses } = pools.counts;
          expect(rankSlate(scorer, kept, visit, { ...options, pools })).toEqual(expected);
          expect(pools.counts.misses).toBe(misses);
        }
      },
      150,
    );
  });

  const rules = additiveFromPoints(smarttrip, smarttrip.rules, {
    version: 'v000001' as Scorer['version'],
    name: 'rules',
  });
  const catalogue = rankable(packItems(smarttrip.columns, makeTrips(2000, 3)));
  const options = { limit: 20, seed: 1, nowMs: NOW_MS, exploration: EXPLORATION };
  const [visit] = makeVisits(1, 4);

  it('are shared by requests that say the same in other words, and at moments between which nothing changes', () => {
    const pools = new KeptPools();
    const ask = (preferences: object, nowMs = NOW_MS) =>
      rankSlate(
        rules,
        catalogue,
        { ...visit, preferences: { ...preferences } },
        {
          ...options,
          nowMs,
          pools,
        },
      );
    // Prices are tens, no feature reads a mood, and departures are at midnight.
    ask({ budget: 1501, mood: 'sunny' }, NOW_MS + 1);
    ask({ budget: 1501.5 }, NOW_MS + 2);
    ask({ budget: 1502 }, NOW_MS + HOUR_MS);
    ask({ budget: 1501 }, NOW_MS + 2 * HOUR_MS);
    expect(pools.counts).toEqual({ hits: 2, misses: 2, unkept: 0 });
    expect(pools.sizeBytes).toBeGreaterThan(0);
    ask({ budget: 1502 }, NOW_MS + 25 * HOUR_MS);
    expect(pools.counts).toEqual({ hits: 2, misses: 3, unkept: 0 });
  });

  it('are not of what the visitor did before, nor of candidates', () => {
    const pools = new KeptPools();
    const itemId = catalogue.table.ids.at(0)!;
    const history = { items: [{ itemId, type: 'seen' as const, agoHours: 1 }], searches: [] };
    rankSlate(rules, catalogue, visit, { ...options, pools });
    rankSlate(
      { ...rules, weights: rules.weights.map(() => 1) },
      catalogue,
      { ...visit, history },
      {
        ...options,
        pools,
      },
    );
    const candidates = [{ id: itemId, attributes: {} }];
    const listed = candidateTable(smarttrip, candidates, catalogue);
    rankSlate(rules, listed, visit, { ...options, pools });
    expect(pools.counts).toEqual({ hits: 0, misses: 1, unkept: 2 });
  });

  it('and all else that is kept stay within their room in an isolate, however many catalogues come and go', () => {
    const asked = makeVisits(20, 9);
    for (let table = 0; table < 240; table++) {
      const items = rankable(packItems(smarttrip.columns, makeTrips(300, table)));
      for (const one of asked) rankSlate(rules, items, one, options);
      expect(IN_ISOLATE.sizeBytes).toBeLessThanOrEqual(IN_ISOLATE.mostBytes);
    }
    expect(IN_ISOLATE.sizeBytes).toBeGreaterThan(IN_ISOLATE.mostBytes / 4);
  });
});

describe('Kept', () => {
  it('stays within its bytes, and keeps what is asked for all the time', () => {
    const kept = new Kept<number>(10_000);
    kept.set('often', 1, 100);
    for (let i = 0; i < 500; i++) {
      kept.set(i, i, 100);
      expect(kept.get('often')).toBe(1);
      expect(kept.get(i)).toBe(i);
      expect(kept.sizeBytes).toBeLessThanOrEqual(10_000);
    }
    expect(kept.get(0)).toBeUndefined();
    expect(kept.sizeBytes).toBeGreaterThan(5000);
  });

  it('keeps neither what fills half of it nor what has a long key', () => {
    const kept = new Kept<number>(10_000);
    kept.set('large', 1, 5000);
    kept.set('x'.repeat(2000), 1, 1);
    expect(kept.get('large')).toBeUndefined();
    expect(kept.sizeBytes).toBe(0);
  });

  it('counts a value that takes the place of another once', () => {
    const kept = new Kept<number>(10_000);
    for (let i = 0; i < 100; i++) kept.set('same', i, 100);
    expect(kept.get('same')).toBe(99);
    expect(kept.sizeBytes).toBeLessThan(500);
  });

  it('stays within the bytes of all together, however many there are and whichever is asked', () => {
    const steps = fc.array(
      fc.record({
        of: fc.nat(29),
        key: fc.nat(20),
        valueBytes: fc.nat(3000),
        isRead: fc.boolean(),
      }),
      { minLength: 200, maxLength: 400 },
    );
    fuzz(steps, (all) => {
      const room = new KeptRoom(20_000);
      const kept = Array.from({ length: 30 }, () => new Kept<string>(8000, room));
      for (const { of, key, valueBytes, isRead } of all) {
        const found = isRead ? kept[of].get(key) : undefined;
        if (!isRead) kept[of].set(key, `${of} ${key}`, valueBytes);
        const sizes = kept.map(({ sizeBytes }) => sizeBytes);
        const together = sizes.reduce((sum, size) => sum + size, 0);
        const isRight =
          (found ?? `${of} ${key}`) === `${of} ${key}` &&
          room.sizeBytes === together &&
          together <= 20_000 &&
          sizes.every((size) => size <= 8000);
        if (!isRight) expect({ found, room: room.sizeBytes, sizes }).toBe('right');
      }
    });
  });

  it('keeps what is asked for all the time while others fill the room, and lets go of what nobody asks for', () => {
    const room = new KeptRoom(20_000);
    const [asked, forgotten] = [new Kept<number>(8000, room), new Kept<number>(8000, room)];
    asked.set('often', 1, 100);
    forgotten.set('once', 2, 100);
    for (let i = 0; i < 100; i++) {
      new Kept<number>(8000, room).set('other', i, 1000);
      expect(asked.get('often')).toBe(1);
    }
    expect(forgotten.get('once')).toBeUndefined();
    expect(forgotten.sizeBytes).toBe(0);
  });
});
