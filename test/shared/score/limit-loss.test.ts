import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitLoss, slateOrder } from '../../../shared/score/limit-loss.ts';
import { RAISE_STEP } from '../../../shared/score/raise.ts';
import { fuzz, SEED } from '../support/seed.ts';

/** A catalogue with its scores and raises, both in steps, and what is asked of its pool. */
const cases = fc.record({
  items: fc.array(fc.tuple(fc.integer({ min: -60, max: 60 }), fc.nat({ max: 60 })), {
    minLength: 1,
    maxLength: 25,
  }),
  size: fc.integer({ min: 1, max: 12 }),
  slots: fc.integer({ min: 1, max: 12 }),
  alone: fc.integer({ min: 0, max: 4 }),
  maxLoss: fc.oneof(fc.double({ min: 0.01, max: 40, noNaN: true }), fc.constant(Infinity)),
});

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

describe(`the loss of raising scores (seed ${SEED})`, () => {
  it('is at most what is asked, against the best slate of the whole catalogue; else the pool is refused', () => {
    const seen = { whole: 0, smaller: 0, refused: 0 };
    fuzz(cases, ({ items, size, slots: asked, alone: wished, maxLoss }) => {
      const all = items.map(([score, raise], row) => ({
        row,
        units: score * RAISE_STEP,
        raise: raise * RAISE_STEP,
      }));
      const cut = all
        .toSorted((a, b) => b.units + b.raise - a.units - a.raise || a.row - b.row)
        .slice(0, Math.max(size, asked));
      const pool = {
        best: cut.map(({ row, units }) => ({ row, units })),
        raises: cut.map(({ raise }) => raise),
      };
      const alone = Math.min(wished, asked);
      const limited = limitLoss(pool, {
        slots: asked,
        alone,
        maxLoss: maxLoss * RAISE_STEP,
        isCut: cut.length < all.length,
      });
      if (limited === undefined) {
        seen.refused++;
        const isSmall = all.every(({ raise }) => raise <= maxLoss * RAISE_STEP);
        expect(isSmall && alone === 0).toBe(false);
        return;
      }
      const isWhole = limited.raises.every((raise, i) => raise === pool.raises[i]);
      seen[isWhole ? 'whole' : 'smaller']++;
      const slots = Math.min(asked, all.length);
      const chosen = slateOrder(limited, alone)
        .slice(0, slots)
        .map((index) => limited.best[index].units);
      const best = all.map(({ units }) => units).toSorted((a, b) => b - a);
      const loss = (total(best.slice(0, slots)) - total(chosen)) / RAISE_STEP / slots;
      expect(loss).toBeLessThanOrEqual(maxLoss + 1e-9);
      // The slots left alone hold the best of all.
      expect(chosen.slice(0, alone)).toEqual(best.slice(0, Math.min(alone, slots)));
      // It stays in the order that slates are drawn from, with the same items.
      const raised = limited.best.map(({ units }, i) => units + limited.raises[i]);
      expect(raised).toEqual(raised.toSorted((a, b) => b - a));
      expect(limited.best.map(({ row }) => row).toSorted((a, b) => a - b)).toEqual(
        pool.best.map(({ row }) => row).toSorted((a, b) => a - b),
      );
    });
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
  });

  it('is not limited where nothing asks for it', () => {
    const pool = { best: [{ row: 3, units: 0 }], raises: [RAISE_STEP] };
    const free = { slots: 1, alone: 0, maxLoss: Infinity, isCut: true };
    expect(limitLoss(pool, free)).toBe(pool);
    expect(limitLoss({ best: [], raises: [] }, { ...free, maxLoss: 1 })).toEqual({
      best: [],
      raises: [],
    });
  });
});
