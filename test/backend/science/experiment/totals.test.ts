import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addArms, totalOf } from '../../../../backend/science/experiment/totals.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { armStatistics, sessions } from './simulated-experiment.ts';
import { runs } from '../../../shared/support/seed.ts';

/** Halves and whole numbers add up without rounding. */
const exactly = (drawn: ReturnType<typeof sessions>) =>
  drawn.map((session) => ({
    ...session,
    dwell: Math.round(session.dwell * 2) / 2,
    dwellBefore: Math.round(session.dwellBefore),
    revenue: Math.round(session.revenue),
  }));

describe('cells of an arm', () => {
  test('by day or by shard add up to the whole in any order, and are frozen', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (seed, sizes, cuped) => {
          const random = seededRandom(seed);
          const days = sizes.map((n) => exactly(sessions(n, random)));
          const cells = days.map((drawn) => armStatistics('a', drawn, { cuped }));
          const whole = armStatistics('a', days.flat(), { cuped });
          const other = armStatistics('b', exactly(sessions(5, random)), { cuped });
          expect(totalOf([...cells, other], 'a')).toEqual(whole);
          expect(totalOf([other, ...cells.toReversed()], 'a')).toEqual(whole);
          if (cells.length > 1) {
            const sum = addArms(cells[0], cells[1]);
            expect(Object.isFrozen(sum) && Object.isFrozen(sum.statistics)).toBe(true);
          }
        },
      ),
      { numRuns: runs(50) },
    );
  });

  test('of nobody are none', () => expect(totalOf([], 'a')).toBeUndefined());

  const cell = armStatistics('a', sessions(3, seededRandom(1)));
  test.each([
    [() => addArms(cell, { ...cell, arm: 'b' }), 'units of a and of b do not add up'],
    [() => addArms(cell, { ...cell, statistics: {} }), 'and [] do not add up: count the same'],
  ])('%s is refused', (act, message) => expect(act).toThrow(message));
});
