import { describe, expect, it } from 'vitest';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { sizedForHours } from '../support/size.ts';
import { individuals, PERSONAL } from '../world/individuals.ts';
import { climb, type Arm, type Point } from '../world/people.ts';
import { segments } from '../world/segments.ts';

const SEEDS = sizedForHours([1], [1, 2, 3]);
const NUMBERS = sizedForHours([500, 1000], [500, 1000, 2000, 4000]);
const CROSSES = new Set(
  smarttrip.features.filter(({ kind }) => kind === 'cross').map(({ name }) => name),
);
const shares = (points: readonly Point[]) => points.map(({ share }) => share.toFixed(3)).join(' ');
const mean = (points: readonly Point[]) =>
  points.reduce((sum, { share }) => sum + share, 0) / points.length;

/** Both arms meet the same people; what they have learned after each number of rankings is compared. */
async function compare(
  people: (seed: number) => Parameters<typeof climb>[0],
  without: Arm,
): Promise<{ readonly with: number; readonly without: number }> {
  let [sum, sumWithout] = [0, 0];
  for (const seed of SEEDS) {
    const bare = await climb(people(seed), without, NUMBERS, seed * 1000);
    const whole = await climb(people(seed), {}, NUMBERS, seed * 1000);
    console.log(
      `seed ${seed} at ${NUMBERS.join(', ')}: without ${shares(bare)}, with ${shares(whole)}`,
    );
    sum += mean(whole) / SEEDS.length;
    sumWithout += mean(bare) / SEEDS.length;
  }
  return { with: sum, without: sumWithout };
}

describe('a site where nobody states a wish', () => {
  it('serves new visitors by their segment after fewer rankings than without segments', async () => {
    const share = await compare((seed) => segments(seed, 0.8), { without: CROSSES });
    expect(share.with).toBeGreaterThan(share.without + 0.05);
  });

  it('serves each person by their own past nearer to the oracle than without it', async () => {
    const share = await compare((seed) => individuals(seed, 0.7), { without: new Set(PERSONAL) });
    expect(share.with).toBeGreaterThan(share.without + 0.08);
  });
});
