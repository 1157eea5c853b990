import { expect, test } from 'vitest';
import { offPolicyGain } from '../../../../backend/science/evaluation/off-policy-gain.ts';
import type { LoggedSlate } from '../../../../backend/science/learn/logged-slate.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { tripWishes } from '../../../world/trip-wishes.ts';
import { additiveFromPoints } from '../../../../shared/score/scorer.ts';
import { hiddenTaste } from '../../../world/hidden-taste.ts';
import { requestsOfOne, serveOne, valueOfOne } from '../../../world/one-of-many.ts';

const RANKINGS = 3000;
const scorer = (points: Record<string, number[]>, temperature: number) => ({
  ...additiveFromPoints(tripWishes, points, { version: RULES_VERSION, name: 'one' }),
  exploration: { temperature, epsilon: 0.1, poolSize: 50 },
});
/** Shows everything about as often, so that the truth is within reach. */
const champion = scorer({ status: [0, 3] }, 10);
const challenger = scorer({ status: [0, 0, 10, 20], difficulty: [0, 8, 0, -8] }, 8);

const worldOf = (seed: number) => {
  const taste = hiddenTaste(seed);
  const requests = requestsOfOne(RANKINGS, seed);
  const log = requests.map((codes, i): LoggedSlate => {
    const slate = serveOne(champion, taste, codes, i, seed * 100_000 + i);
    const shown = Number(slate.itemIds[0].slice('candidate-'.length));
    return { ...slate, pool: { codes, shown: [shown] } };
  });
  const truth = valueOfOne(challenger, taste, requests) - valueOfOne(champion, taste, requests);
  return { log, truth };
};

test('where the candidates are known, the gain of showing others is estimated doubly robustly, and its interval holds the truth', () => {
  const found = [1, 2, 3, 4, 5, 6].map((seed) => {
    const { log, truth } = worldOf(seed);
    const { gain } = offPolicyGain(log, champion, challenger, { click: 1 });
    if ('refused' in gain) throw new Error(gain.refused);
    expect(gain.estimator).toBe('dr');
    return { ...gain, truth };
  });
  // Of six intervals of 95 %, two or more miss by chance with probability 0.03.
  const missed = found.filter(({ low, high, truth }) => truth < low || truth > high);
  expect(missed.length, JSON.stringify(found)).toBeLessThanOrEqual(1);
  expect(Math.max(...found.map(({ low, high }) => high - low))).toBeLessThan(0.15);
});

test('where they are not known, it is refused with the reason', () => {
  const log = worldOf(1).log.map((slate): LoggedSlate => {
    const { pool, ...shown } = slate;
    expect(pool).toBeDefined();
    return shown;
  });
  expect(offPolicyGain(log, champion, challenger, { click: 1 }).gain).toEqual({
    refused: expect.stringContaining('what competed for it is not known any more'),
  });
});
