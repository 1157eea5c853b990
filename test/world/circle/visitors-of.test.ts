import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../shared/explore/random.ts';
import { binomialBounds } from '../../support/binomial-bounds.ts';
import { changedByHand } from '../strata/challengers.ts';
import { drawnFrom, poolOf } from '../strata/pool.ts';
import { asOf, drawWorld, RULES, STRATA } from '../strata/world.ts';
import { trueValues } from './true-values.ts';
import { visitorsOf } from './visitors-of.ts';

const VISITS = 3000;
const SMALL = Object.keys(STRATA).filter((name) => name.endsWith(' 500'));

describe.each(SMALL)('visitors of a world: %s', (stratum) => {
  const world = drawWorld(STRATA[stratum], 4_100_000, { clicks: 0.6 });
  const [visit] = world.visits(1, 1);
  const pool = poolOf(RULES, world.table, visit, world.nowMs);

  it.each(['before', 'now'] as const)('click as often as is expected of them, %s', (when) => {
    const { codes, slots } = drawnFrom(pool, RULES, 1);
    const visitors = visitorsOf(world, when);
    const { clicked } = visitors.expected(codes, slots);
    let came = 0;
    for (let i = 0; i < VISITS; i++) if (visitors.visit(codes, slots).length > 0) came++;
    const { least, most } = binomialBounds(VISITS, clicked);
    expect(came).toBeGreaterThanOrEqual(least);
    expect(came).toBeLessThanOrEqual(most);
  });

  it('earn the most by the oracle, from which shares of the way are told', async () => {
    const truth = await trueValues(asOf(world, 'now'));
    const random = seededRandom(7);
    expect(await truth.share(RULES)).toBeCloseTo(0, 9);
    for (let i = 0; i < 3; i++) {
      const scorer = changedByHand(RULES, random);
      expect(await truth.served(scorer)).toBeLessThan(truth.oracle);
      expect(await truth.share(scorer)).toBeLessThan(1);
    }
  });
});
