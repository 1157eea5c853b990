import { expect, test } from 'vitest';
import { clopperPearson } from '../../backend/science/statistics/clopper-pearson.ts';
import { sampleSizeOfProportions } from '../../backend/science/statistics/power.ts';
import { replayDecisions } from '../../backend/rollouts/replay-decisions.ts';
import { DEFAULT_ROLLOUT, parseRollout } from '../../backend/rollouts/settings.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { type ClickModel, rolloutWorld, type RolloutWorld } from '../world/rollout-world.ts';
import { simulateRollout, type SimulatedRollout } from '../world/simulated-rollout.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { sizedForHours } from '../support/size.ts';

const WORLDS = sizedForHours(15, 400);
const POWER = 0.95;
/** Times the sessions of a fixed-horizon test that come to the site in the longest time of a step. */
const ENOUGH = 3.5;

interface Truth {
  /** The relative gain in click-through that worlds are drawn for. */
  readonly gain: readonly [from: number, to: number];
  /** How wrongly champion and challenger see the tastes. */
  readonly errors: (random: () => number) => readonly [number, number];
  readonly pointsPerTaste?: (random: () => number) => readonly [number, number];
}
const BETTER: Truth = { gain: [0.05, 0.5], errors: (random) => [1.2, 0.4 + 0.6 * random()] };
const EQUAL: Truth = { gain: [-0.01, 0], errors: () => [1, 1] };
const WORSE: Truth = { gain: [-0.3, -0.02], errors: (random) => [1, 1.02 + 0.5 * random()] };
/** Its best items are better than the champion's, but its points lie so close together that exploration shows others. */
const SCRAMBLED: Truth = {
  gain: [-0.3, -0.02],
  errors: (random) => [1, 0.6 + 0.4 * random()],
  pointsPerTaste: (random) => [16, 16 ** random()],
};

/** Both arms together, of a test that finds the smallest gain of interest at one look. */
const fixedHorizon = (rate: number) =>
  2 * sampleSizeOfProportions(rate, rate * DEFAULT_ROLLOUT.minGain, { power: POWER });

function drawn(
  { gain: [from, to], errors, pointsPerTaste }: Truth,
  { model, rate }: { readonly model: ClickModel; readonly rate: number },
  random: () => number,
): RolloutWorld {
  const { exploration } = smarttrip;
  for (let tries = 0; tries < 2000; tries++) {
    const world = rolloutWorld(random, {
      model,
      rate,
      exploration,
      errors: errors(random),
      ...(pointsPerTaste && { pointsPerTaste: pointsPerTaste(random) }),
    });
    if (world.gain >= from && world.gain <= to) return world;
  }
  throw new Error(`no world has a gain of ${from} to ${to}`);
}

function rolledOut(
  truth: Truth,
  visitors: { readonly model: ClickModel; readonly rate: number },
  settings = DEFAULT_ROLLOUT,
): SimulatedRollout[] {
  const sessionsPerDay = Math.round(
    (ENOUGH * fixedHorizon(visitors.rate)) / (settings.maxStepMs! / 86_400_000),
  );
  return Array.from({ length: WORLDS }, (_, i) => {
    const random = seededRandom(7919 * i + 13);
    const world = drawn(truth, visitors, random);
    return simulateRollout(world, settings, { sessionsPerDay, looksPerDay: 6, random });
  });
}

const champions = (all: readonly SimulatedRollout[]) =>
  all.filter(({ end }) => end === 'champion').length;
const shown = (all: readonly SimulatedRollout[]) =>
  all.filter(({ mostShown }) => mostShown > 0.05).length;
/** Some runs can hold a rate itself, and many its bound. */
const [atLeast, atMost] = sizedForHours(
  [(k: number) => k / WORLDS, (k: number) => k / WORLDS],
  [(k: number) => clopperPearson(k, WORLDS).low, (k: number) => clopperPearson(k, WORLDS).high],
);
const tell = (what: string, all: readonly SimulatedRollout[], rate: number) => {
  const needed = all.map(({ rankings }) => rankings / fixedHorizon(rate));
  const mean = needed.reduce((a, b) => a + b, 0) / needed.length;
  process.stdout.write(
    `${what}: ${champions(all)} of ${WORLDS} champion, ${shown(all)} shown to more than 5 %, ${mean.toFixed(2)} times the rankings of a fixed-horizon test\n`,
  );
  return mean;
};

for (const interleave of ['at low traffic', 'never'] as const)
  for (const model of ['position', 'cascade'] as const)
    for (const rate of sizedForHours([0.05], [0.05, 0.3])) {
      // On these sites 5 % of the traffic would do: they are interleaved only where that is asked for.
      const settings = parseRollout({ interleave, interleaveFromMs: 7 * DAY_MS });
      const visitors = { model, rate };
      const of = `${WORLDS} worlds, interleaved ${interleave}, ${model} model, ${100 * rate} % click`;

      test(`better challengers become champion, for three times the rankings of a fixed-horizon test at most (${of})`, () => {
        const all = rolledOut(BETTER, visitors, settings);
        const rankings = tell(`better, ${of}`, all, rate);
        expect(atLeast(champions(all))).toBeGreaterThanOrEqual(0.93);
        expect(rankings).toBeLessThanOrEqual(3);
        for (const { log } of all.slice(0, 3)) expect(replayDecisions(log)).toEqual(log);
      });

      test(`worse ones do not, and hardly any is shown to more than 5 % (${of})`, () => {
        const all = rolledOut(WORSE, visitors, settings);
        tell(`worse, ${of}`, all, rate);
        expect(atMost(champions(all))).toBeLessThanOrEqual(0.02);
        expect(atMost(shown(all))).toBeLessThanOrEqual(0.05);
      });

      test(`nor do those whose best items are better, but not what they serve (${of})`, () => {
        const all = rolledOut(SCRAMBLED, visitors, settings);
        tell(`scrambled, ${of}`, all, rate);
        expect(atMost(champions(all))).toBeLessThanOrEqual(0.02);
        expect(atMost(shown(all))).toBeLessThanOrEqual(0.05);
      });

      test(`those that are no better do not either (${of})`, () => {
        const all = rolledOut(EQUAL, visitors, settings);
        tell(`no better, ${of}`, all, rate);
        expect(champions(all) / WORLDS).toBeLessThanOrEqual(DEFAULT_ROLLOUT.alpha / 2);
      });
    }
