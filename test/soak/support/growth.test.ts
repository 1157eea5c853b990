import { expect, test } from 'vitest';
import { growthAtEnd } from './growth.ts';

const readings = (of: (i: number) => number) => Array.from({ length: 48 }, (_, i) => of(i));
const levelsOff = (of: (i: number) => number) => growthAtEnd(readings(of), 0.05, 1).levelsOff;

test.each([
  ['what stands still', () => 100],
  ['a cache that fills', (i: number) => 100 * (1 - Math.exp(-i / 5))],
  ['a heap that is cleared now and then', (i: number) => 100 + 10 * (i % 4)],
  ['one reading that is far off', (i: number) => (i === 35 ? 1000 : 100)],
])('levels off: %s', (_, of) => expect(levelsOff(of)).toBe(true));

test.each([
  ['a leak', (i: number) => 50 + 2 * i],
  ['a leak under a heap that is cleared', (i: number) => 50 + 2 * i + 10 * (i % 4)],
  ['what grows ever faster', (i: number) => 1.1 ** i],
])('does not: %s', (_, of) => expect(levelsOff(of)).toBe(false));

test('too few readings are refused', () => {
  expect(() => growthAtEnd([1, 2, 3], 0.05, 1)).toThrow(/3 readings/);
});
