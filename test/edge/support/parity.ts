import { expect } from 'vitest';
import type { Decision } from '../../../shared/domain/decision.ts';
import { parseItem, type Item } from '../../../shared/domain/item.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { encodeItem } from '../../oracle/encode.ts';
import { makeTrips } from './trips.ts';

const F = smarttrip.features.length;

/** Trips of which any attribute may be missing, and that are never full: what is not shown cannot be compared. */
export function incompleteTrips(count: number, seed: number): Item[] {
  const random = seededRandom(seed);
  return makeTrips(count, seed).map(({ id, attributes }) => {
    const status = attributes.status === 'full' ? 'waitlist' : attributes.status;
    const kept = Object.entries({ ...attributes, status }).filter(() => random() < 0.9);
    return parseItem({ ...Object.fromEntries(kept), id });
  });
}

/**
 * Holds the logged codes and scores to an item-by-item computation, bit for bit.
 * @param unitsOf the score of an item in fixed-point units.
 * @returns how many pairs of an item and a request were compared.
 */
export function comparedPairs(
  decisions: readonly Decision[],
  trips: readonly Item[],
  unitsOf: (codes: number[]) => number,
): number {
  const tripOf = new Map(trips.map((trip) => [trip.id, trip]));
  const unequal: object[] = [];
  let pairs = 0;
  for (const decision of decisions) {
    const { candidates, ...visit } = JSON.parse(decision.request);
    const items: Item[] = candidates.map((candidate: Item) => tripOf.get(candidate.id));
    const competition = { items, ordered: true, visit, nowMs: decision.at };
    decision.itemIds.forEach((id, slot) => {
      const row = items.findIndex((item) => item.id === id);
      const codes = encodeItem(smarttrip, row, competition);
      const logged = [...decision.codes.subarray(slot * F, (slot + 1) * F)];
      if (logged.join() !== codes.join() || decision.units[slot] !== unitsOf(codes))
        unequal.push({ id, logged, codes, units: [decision.units[slot], unitsOf(codes)] });
      pairs++;
    });
  }
  expect(unequal).toEqual([]);
  return pairs;
}
