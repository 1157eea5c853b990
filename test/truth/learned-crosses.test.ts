import { expect, test } from 'vitest';
import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import { packTrainingSet, type LabelledSlate } from '../../backend/science/learn/training-set.ts';
import type { CrossBudget } from '../../backend/science/training/choose-crosses.ts';
import { learn } from '../../backend/science/training/train-version.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { unlearned } from '../../shared/score/posterior.ts';
import { additiveFromPoints, type Scorer } from '../../shared/score/scorer.ts';
import { sizedForHours } from '../support/size.ts';
import { labelled, loggedSlate } from '../world/strata/champion-log.ts';
import { drawClicks } from '../world/strata/click-model.ts';
import { oracleClickThrough } from '../world/strata/oracle.ts';
import { served } from '../world/strata/pool.ts';
import { drawBank, shelve } from '../world/strata/slate-bank.ts';
import { tasteOfPairs } from '../world/strata/taste.ts';
import { drawWorld, type World } from '../world/strata/world.ts';
import { tripWishes } from '../world/trip-wishes.ts';

const BUDGET: CrossBudget = { pairs: 8, weights: 2048 };
const NONE: CrossBudget = { pairs: 0, weights: 0 };
const ROUNDS = 3;
const ITEMS = sizedForHours(1000, 10_000);
/** Rankings of a round by which a cross of two features is found beyond doubt. */
const ENOUGH = 6000;
const FEW = sizedForHours(3000, ENOUGH);
const exploration = { temperature: 3, epsilon: 0.02, poolSize: 50, optimism: 1, maxLoss: 4 };
const rules: Scorer = additiveFromPoints(tripWishes, tripWishes.rules, {
  version: RULES_VERSION,
  name: 'rules',
  exploration,
  posterior: unlearned(tripWishes, exploration),
});

/** A site that ranks by what it last learned, and learns again after each round from all that was ranked. */
async function lastOf(world: World, rankings: number, crosses: CrossBudget) {
  const device = cpuDevice();
  const slates: LabelledSlate[] = [];
  const kept = new Set<string>();
  let champion = rules;
  for (let round = 0; round < ROUNDS; round++) {
    const random = seededRandom(world.seed + round);
    const start = round * rankings;
    world.visits(rankings, 1000 + round * 10_000).forEach((visit, i) => {
      const drawn = served(champion, world.table, visit, start + i);
      const clicks = drawClicks(world.model, world.appeal(drawn), random);
      slates.push(labelled(loggedSlate(champion, drawn, `${round}-${i}`, start + i, clicks)));
    });
    const { scorer, crosses: tried = [] } = await learn(packTrainingSet(tripWishes, slates), {
      learner: 'additive',
      parent: champion,
      name: 'learned',
      device,
      crosses,
    });
    champion = { ...scorer, version: RULES_VERSION };
    for (const { name, isKept } of tried) if (isKept) kept.add(name);
  }
  return { champion, kept: [...kept] };
}

/** How often the slates of a scorer that does not explore are clicked, as a share of what the oracle's are. */
function shareOfOracle(world: World, scorer: Scorer): number {
  const bank = drawBank(world);
  const still = { ...scorer, exploration: { temperature: 0, epsilon: 0, poolSize: 10 } };
  const { clicked } = shelve(bank, still);
  const mean = clicked.reduce((sum, own) => sum + own, 0) / clicked.length;
  return mean / oracleClickThrough(bank);
}

const drawn = (pairs: readonly (readonly [string, string])[]): World =>
  drawWorld({ visitors: 'additive', items: ITEMS }, 100_000, {
    clicks: 0.6,
    taste: tasteOfPairs(pairs),
  });

/** Without and with crosses, from the same seeds. */
async function bothWays(world: World, rankings: number) {
  const sums = await lastOf(world, rankings, NONE);
  const crossed = await lastOf(world, rankings, BUDGET);
  const [without, having] = [sums, crossed].map(({ champion }) => shareOfOracle(world, champion));
  process.stdout.write(
    `${without.toFixed(3)} of the oracle by sums, ${having.toFixed(3)} with crosses of ${crossed.kept.join(', ') || 'no pair'}\n`,
  );
  return { without, having, kept: crossed.kept };
}

test(`where an item's status and its match of difficulty interact, crosses win what sums cannot`, async () => {
  const { without, having, kept } = await bothWays(drawn([['difficulty', 'status']]), ENOUGH);
  expect(kept).toContain('difficulty × status');
  expect(having).toBeGreaterThanOrEqual(0.95);
  // More than half of what sums leave on the table.
  expect(1 - having).toBeLessThan((1 - without) / 2);
}, 900_000);

test(`where nothing interacts, nothing is lost by looking (${ITEMS} trips)`, async () => {
  const { without, having } = await bothWays(drawn([]), FEW);
  expect(having).toBeGreaterThan(without - 0.01);
});
