import { expect, test } from 'vitest';
import { turnStratum } from '../world/turning-strata.ts';

const RANKINGS_PER_ROUND = 3000;

test('where few click, and fewer since tastes turned, the first training since learns from these alone', async () => {
  const [climb, [since]] = await turnStratum({
    stratum: 'additive 500',
    clicks: 0.05,
    seed: 31,
    rankingsPerRound: RANKINGS_PER_ROUND,
    rounds: [3, 1],
  });
  // Judged on its latest fifth it had to wait for another round: 24 of 30 visitors.
  expect(climb[0].champion).toBeGreaterThan(0.5);
  for (const { window } of climb) expect(window.because).toBeUndefined();
  expect(climb.at(-1)!.champion).toBeGreaterThan(0.8);
  process.stdout.write(
    `${since.clicked} of ${RANKINGS_PER_ROUND} rankings clicked since the turn, learned from ${since.window.slates}: ${since.learned.toFixed(2)} of the way\n`,
  );
  // Where all 12,000 were learned from, it was 0.29.
  expect(since.window.slates).toBeLessThan(1.1 * RANKINGS_PER_ROUND);
  expect(since.window.rewardsFell).toBe(true);
  expect(since.learned).toBeGreaterThan(0.6);
});
