import { describe, expect, it } from 'vitest';
import { sizedForHours } from '../support/size.ts';
import { climb, hiddenAppeal, type Reads } from '../world/hidden-appeal.ts';

const SEEDS = sizedForHours([1], [1, 2, 3]);
const NUMBERS = sizedForHours([250, 1000, 2000], [250, 500, 1000, 2000]);

/** By seed, the share of the way to the oracle after each number of rankings. */
async function shares(reads: Reads): Promise<readonly (readonly number[])[]> {
  const all: number[][] = [];
  for (const seed of SEEDS) {
    const points = await climb(hiddenAppeal(seed), reads, NUMBERS, 1000 * seed);
    all.push(points.map(({ share }) => share));
    console.log(`seed ${seed}, ${reads}: ${points.map(({ share }) => share.toFixed(2)).join(' ')}`);
  }
  return all;
}

describe('a catalogue whose appeal stands in no attribute', () => {
  it('is climbed by what is learned of its items, and hardly without', async () => {
    const [without, learned] = [await shares('attributes'), await shares('both')];
    learned.forEach((own, i) => {
      expect(own.at(-1)).toBeGreaterThan(0.75);
      expect(own.at(-1)).toBeGreaterThan(without[i].at(-1)! + 0.4);
    });
  });

  it('is ranked well by a schema of nothing else, from the first refresh on', async () => {
    for (const [first, ...later] of await shares('learned with points')) {
      expect(first).toBeGreaterThan(0.3);
      expect(later.at(-1)).toBeGreaterThan(0.7);
    }
  });
});
