import { expect, test } from 'vitest';
import { delayStages, sharePassed } from '../../../../../backend/science/learn/online/delay.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';

const MEAN_MS = 60_000;
const OLDEST_MS = 600_000;

test('from rewards of young rankings too, the delays are as they are, and not as quick as those that were seen', () => {
  const random = seededRandom(7);
  const observed = Array.from({ length: 40_000 }, () => ({
    delayMs: -MEAN_MS * Math.log(1 - random()),
    ageMs: OLDEST_MS * random() ** 2,
  })).filter(({ delayMs, ageMs }) => delayMs <= ageMs);
  const truth = (ageMs: number) =>
    (1 - Math.exp(-ageMs / MEAN_MS)) / (1 - Math.exp(-OLDEST_MS / MEAN_MS));
  const stages = delayStages(observed);
  expect(stages.map(({ ageMs }) => ageMs)).toEqual(
    stages.map(({ ageMs }) => ageMs).toSorted((a, b) => a - b),
  );
  expect(stages[0].ageMs).toBe(0);
  expect(stages.at(-1)!.share).toBe(1);
  // Three times the width of a 99.99 % band of as many delays (Dvoretzky, Kiefer & Wolfowitz): truncation takes more of them.
  const band = 3 * Math.sqrt(Math.log(2 / 0.0001) / (2 * observed.length));
  stages.slice(0, -1).forEach(({ ageMs, share }, i) => {
    const halfWay = (truth(ageMs) + truth(stages[i + 1].ageMs)) / 2;
    expect(Math.abs(share - halfWay)).toBeLessThan(band);
  });
  const median = stages[2].ageMs;
  const seen = observed.filter(({ delayMs }) => delayMs <= median).length / observed.length;
  // Where nothing were corrected, more than half would seem to come by the same age.
  expect(seen).toBeGreaterThan(0.5 + band);
});

test('shares by age, at and between the stages', () => {
  const stages = delayStages([1, 2, 3, 4].map((delayMs) => ({ delayMs, ageMs: 100 })));
  expect(stages).toEqual([
    { ageMs: 0, share: 0.125 },
    { ageMs: 1, share: 0.375 },
    { ageMs: 2, share: 0.625 },
    { ageMs: 3, share: 0.875 },
    { ageMs: 4, share: 1 },
  ]);
  expect([-1, 0, 2, 3.5, 4, 1e9].map((ageMs) => sharePassed(stages, ageMs))).toEqual([
    0, 0.125, 0.625, 0.875, 1, 1,
  ]);
});

test('one late reward of one old ranking does not make all others seem late', () => {
  const random = seededRandom(3);
  const quick = Array.from({ length: 500 }, () => ({
    delayMs: 60_000 * random(),
    ageMs: 60_000 + 600_000 * random(),
  }));
  const stages = delayStages([...quick, { delayMs: 35_000_000, ageMs: 36_000_000 }]);
  expect(stages).toEqual(delayStages(quick));
  expect(sharePassed(stages, 60_000)).toBeGreaterThan(0.95);
});

test('a delay counts from as many on as could have had it', () => {
  const quick = Array.from({ length: 200 }, (_, i) => ({ delayMs: 1 + (i % 10), ageMs: 10 }));
  const old = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ delayMs: i === 0 ? 90 : 5, ageMs: 100 }));
  expect(delayStages([...quick, ...old(19)]).at(-1)).toEqual({ ageMs: 10, share: 1 });
  expect(delayStages([...quick, ...old(20)]).at(-1)).toEqual({ ageMs: 90, share: 1 });
});

test('where no delay is known, a ranking counts at once', () => {
  expect(sharePassed(delayStages([]), 0)).toBe(1);
});
