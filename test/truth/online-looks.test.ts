import { expect, test } from 'vitest';
import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import { sliceSlates, type TrainingSet } from '../../backend/science/learn/training-set.ts';
import { learnOnline } from '../../backend/science/training/learn-online.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { additiveFromPoints, type AdditiveScorer } from '../../shared/score/scorer.ts';
import { binomialBounds } from '../support/binomial-bounds.ts';
import { sizedForHours } from '../support/size.ts';
import { agreeingSchema, agreeingSlates, codesOf } from '../world/agreeing.ts';

/** Of the gate: one-sided, over all looks since the base version. */
const LEVEL = 0.025;
const SERIES = sizedForHours(12, 400);
const LOOKS = 30;
/** Slates that each look reads, and those that come between two looks. */
const [WINDOW, STEP] = [200, 80];

/** Log-odds by bucket of what visitors like: more of c, and the upper half of a. */
const taste = {
  a: Array.from({ length: 9 }, (_, bucket) => (bucket > 4 ? 1 : 0)),
  c: Array.from({ length: 9 }, (_, bucket) => 0.2 * bucket),
};
/** 20 points are a factor e in the odds. */
const points = Object.fromEntries(
  Object.entries(taste).map(([name, odds]) => [name, odds.map((value) => 20 * value)]),
);
const baseOf = (knows: Record<string, number[]>) =>
  additiveFromPoints(agreeingSchema(), knows, { version: RULES_VERSION, name: 'base' });
const device = cpuDevice({ threads: 1 });
const learn = (set: TrainingSet, base: AdditiveScorer, look: number) =>
  learnOnline(set, base, { spread: 0.5, trustRegion: 0.2, look, device });

/** Visitors who like exactly what the base says: whatever is learned on top of it is chance, and ranks worse. */
function asTheBaseSays(slates: number, seed: number): TrainingSet {
  const set = agreeingSlates(slates, seed);
  const random = seededRandom(seed + 1_000_000);
  const reward = new Float64Array(set.rows);
  for (let slate = 0; slate < slates; slate++) {
    const first = set.starts[slate];
    const odds = Array.from({ length: set.starts[slate + 1] - first }, (_, i) => {
      const [a, , c] = codesOf(set, first + i);
      return Math.exp(taste.a[a] + taste.c[c]);
    });
    let left = random() * odds.reduce((sum, value) => sum + value, 0);
    const taken = odds.findIndex((value) => (left -= value) < 0);
    reward[first + Math.max(taken, 0)] = 1;
  }
  return { ...set, reward };
}

/** The look at which deltas are first accepted; undefined where none are. */
async function acceptedAt(set: TrainingSet): Promise<number | undefined> {
  for (let look = 1; look <= LOOKS; look++) {
    const from = (look - 1) * STEP;
    const seen = sliceSlates(set, from, from + WINDOW);
    const { gate } = await learn(seen, baseOf(points), look);
    if (gate.verdict === 'promote') return look;
  }
  return undefined;
}

test(`of ${SERIES} series of ${LOOKS} looks at deltas that can only harm, no more than the level accept any`, async () => {
  let accepted = 0;
  for (let seed = 1; seed <= SERIES; seed++)
    if ((await acceptedAt(asTheBaseSays(WINDOW + LOOKS * STEP, seed))) !== undefined) accepted++;
  console.log(`harmful deltas were accepted in ${accepted} of ${SERIES} series`);
  expect(accepted).toBeLessThanOrEqual(binomialBounds(SERIES, LEVEL).most);
});

test('what visitors like is accepted at a late look as well', async () => {
  const set = agreeingSlates(5000, 7);
  let before = Infinity;
  for (const look of [1, 100, 3000]) {
    const { gate } = await learn(set, baseOf({}), look);
    expect(gate.verdict).toBe('promote');
    // The bound that is asked to lie above 0: at each look with an error rate of its own.
    const bound = gate.checks.find(({ check }) => check === 'held-out gain')!.figure!;
    expect(bound).toBeLessThan(before);
    before = bound;
  }
});
