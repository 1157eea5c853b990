import { expect, test } from 'vitest';
import { seededRandom } from '../../../shared/explore/random.ts';
import { mutatedJson } from './mutate.ts';

const VALUE = { sessionId: 's', limit: 3, candidates: [{ id: 'a', price: 1 }, { id: 'b' }] };

function mutations(seed: number): string[] {
  const random = seededRandom(seed);
  return Array.from({ length: 500 }, () =>
    Buffer.from(mutatedJson(random, VALUE)).toString('latin1'),
  );
}

test('a seed gives the same requests again, whatever came before', () => {
  const first = mutations(7);
  mutations(8);
  expect(mutations(7)).toEqual(first);
  expect(mutations(8)).not.toEqual(first);
});

test('most differ from each other and from what they come from, and the value itself stays', () => {
  const made = mutations(9);
  expect(new Set(made).size).toBeGreaterThan(200);
  expect(made.filter((text) => text === JSON.stringify(VALUE)).length).toBeLessThan(200);
  expect(VALUE.candidates).toHaveLength(2);
});
