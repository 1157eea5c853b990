import { describe, expect, it } from 'vitest';
import { examinationFromHarvest } from '../../backend/science/evaluation/position-bias/intervention-harvesting.ts';
import { examinationFromRandomised } from '../../backend/science/evaluation/position-bias/randomised-slots.ts';
import { impressionsOf } from '../../backend/science/evaluation/position-bias/examination-weights.ts';
import { EXAMINED, estimated, examinedSlates, SLATE } from '../world/examined.ts';
import { sizedForHours } from '../support/size.ts';

const SEED = 31;
const LOGS = sizedForHours(12, 40);

describe(`examination of slots (${LOGS} logs, seed ${SEED})`, () => {
  const methods = [
    {
      method: 'randomised slots',
      estimate: (seed: number) =>
        examinationFromRandomised(impressionsOf(examinedSlates(3000, seed, 'shuffled')), SLATE),
    },
    {
      method: 'harvested interventions',
      estimate: (seed: number) =>
        examinationFromHarvest(impressionsOf(examinedSlates(4000, seed, 'by two rankers')), SLATE),
    },
  ];
  it.each(methods)(
    'is found from $method, and its intervals hold the truth in 90 % or more',
    ({ estimate }) => {
      let [held, all] = [0, 0];
      const logs = Array.from({ length: LOGS }, (_, run) => estimated(estimate(SEED + run)).slots);
      for (const slots of logs) {
        for (const { slot, low, high } of slots.slice(1)) {
          all++;
          if (low <= EXAMINED[slot - 1] && EXAMINED[slot - 1] <= high) held++;
        }
      }
      EXAMINED.forEach((truth, k) => {
        const mean = logs.reduce((sum, slots) => sum + slots[k].examination, 0) / logs.length;
        // 5 % at 40 logs; the error of a mean falls with the root of their number.
        const bound = 0.05 * Math.sqrt(40 / LOGS);
        expect(Math.abs(mean / truth - 1), `slot ${k + 1}`).toBeLessThan(bound);
      });
      console.log(`${held} of ${all} intervals hold the truth`);
      expect(held / all).toBeGreaterThanOrEqual(0.9);
      expect(logs[0][0]).toMatchObject({ slot: 1, examination: 1, low: 1, high: 1 });
    },
  );

  it('is told apart from what items are worth: plain click rates of a ranker’s own order fall too fast', () => {
    const impressions = impressionsOf(examinedSlates(4000, SEED, 'by b'));
    const { slots } = estimated(examinationFromRandomised(impressions, SLATE));
    expect(slots.at(-1)!.high).toBeLessThan(EXAMINED.at(-1)!);
  });

  it.each([
    {
      because: 'a slot was hardly clicked',
      refusal: () =>
        examinationFromRandomised(impressionsOf(examinedSlates(100, SEED, 'shuffled')), SLATE),
      says: /slot \d has \d+ clicks in 100 impressions, 30 are needed/,
    },
    {
      because: 'no item was ever moved',
      refusal: () => {
        const still = impressionsOf(examinedSlates(4000, SEED, 'shuffled'));
        return examinationFromHarvest({ ...still, unit: still.slot }, SLATE);
      },
      says: /no unit was clicked at slot 2 .* nothing compares them/,
    },
  ])('is refused where $because', ({ refusal, says }) => {
    const answer = refusal();
    if (answer.kind !== 'refused') return expect.unreachable('an estimate was given');
    expect(answer.reason).toMatch(says);
    return undefined;
  });
});
