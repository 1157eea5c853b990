import { expect, test } from 'vitest';
import { heldOutGain } from '../../../../backend/science/evaluation/held-out-gain.ts';
import {
  packTrainingSet,
  type TrainingSet,
} from '../../../../backend/science/learn/training-set.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';

const SLOTS = 4;

/** Sessions of one slate each, in which the item with the highest worth is clicked with probability `clear`, else any. */
function worldOf(sessions: number, seed: number, clear: number): [TrainingSet, Float64Array] {
  const random = seededRandom(seed);
  const worth: number[] = [];
  const set = packTrainingSet(
    smarttrip,
    Array.from({ length: sessions }, (_, s) => {
      const own = Array.from({ length: SLOTS }, () => random());
      worth.push(...own);
      const clicked =
        random() < clear ? own.indexOf(Math.max(...own)) : Math.floor(random() * SLOTS);
      return {
        at: s,
        sessionId: `s${s}`,
        codes: new Uint8Array(SLOTS * smarttrip.features.length),
        reward: Float64Array.from(own.keys(), (slot) => Number(slot === clicked)),
      };
    }),
  );
  return [set, Float64Array.from(worth)];
}

test('few sessions that chance ordered without a mistake do not make one mistake cost more than all else', () => {
  const chance = Math.log(SLOTS);
  for (let seed = 0; seed < 100; seed++) {
    const [set, worth] = worldOf(60, seed, 0.96);
    const none = new Float64Array(set.rows);
    const gain = heldOutGain(set, none, worth)!;
    expect(gain.mean, `seed ${seed}`).toBeGreaterThan(0);
    expect(gain.mean, `seed ${seed}`).toBeLessThan(chance);
  }
});

test('the scale of the scores does not matter, and a scorer gains nothing over itself', () => {
  const [set, worth] = worldOf(400, 7, 0.5);
  const none = new Float64Array(set.rows);
  const gain = heldOutGain(set, none, worth)!;
  for (const times of [1e-6, 0.01, 30, 1e6]) {
    const scaled = worth.map((points) => points * times);
    expect(heldOutGain(set, none, scaled)!.mean).toBeCloseTo(gain.mean, 6);
    expect(heldOutGain(set, worth, scaled)!.mean).toBeCloseTo(0, 6);
  }
});

test('what orders slates the wrong way round gains nothing', () => {
  const [set, worth] = worldOf(400, 8, 0.5);
  const gain = heldOutGain(
    set,
    new Float64Array(set.rows),
    worth.map((points) => -points),
  )!;
  expect(Math.abs(gain.mean)).toBeLessThan(0.02);
  expect(heldOutGain(set, worth, new Float64Array(set.rows))!.high).toBeLessThan(0);
});

test('of slates of one the interval is of all sessions, and those with a reward are counted apart', () => {
  const random = seededRandom(9);
  const SESSIONS = 400;
  const worth = Float64Array.from({ length: SESSIONS }, () => random());
  const clicked = worth.map((own) => Number(random() < 0.2 * own));
  const set = packTrainingSet(
    smarttrip,
    Array.from({ length: SESSIONS }, (_, s) => ({
      at: s,
      sessionId: `s${s}`,
      codes: new Uint8Array(smarttrip.features.length),
      reward: clicked.slice(s, s + 1),
    })),
  );
  const gain = heldOutGain(set, new Float64Array(SESSIONS), worth)!;
  const rewarded = clicked.reduce((sum, own) => sum + own, 0);
  expect(rewarded).toBeLessThan(60);
  // Who tests the gain takes Student's t by these, as the interval does.
  expect(gain).toMatchObject({ n: SESSIONS, clusters: SESSIONS, rewarded });
});

test('noise gains nothing on average, as its scale comes from other sessions than it is judged on', () => {
  let sum = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const [set] = worldOf(60, seed, 0);
    const random = seededRandom(seed + 1000);
    const noise = Float64Array.from({ length: set.rows }, () => random());
    sum += heldOutGain(set, new Float64Array(set.rows), noise)!.mean;
  }
  expect(sum).toBeLessThan(0);
  // A scale that is fitted on n slates costs 1 / 2n on each other one where it is above 0, which it is half of the time: fitted on
  // half of 60 this would be 1 / 120, and on four fifths 1 / 192.
  expect(sum / 200).toBeGreaterThan(-1 / 150);
});

test('slates of one session that are alike say no more than one of them', () => {
  const [once, worth] = worldOf(400, 9, 0.5);
  const four = [0, 1, 2, 3];
  const slates = Array.from(once.cluster, (_, slate) => {
    const rows = [once.starts[slate], once.starts[slate + 1]] as const;
    return four.map(() => ({
      at: slate,
      sessionId: `s${slate}`,
      codes: new Uint8Array(SLOTS * smarttrip.features.length),
      reward: once.reward.slice(...rows),
      points: worth.subarray(...rows),
    }));
  }).flat();
  const set = packTrainingSet(smarttrip, slates);
  const points = Float64Array.from(slates.flatMap((slate) => [...slate.points]));
  const [own, fourfold] = [
    heldOutGain(once, new Float64Array(once.rows), worth)!,
    heldOutGain(set, new Float64Array(set.rows), points)!,
  ];
  expect(fourfold.mean / own.mean).toBeCloseTo(1, 1);
  expect((fourfold.high - fourfold.low) / (own.high - own.low)).toBeCloseTo(1, 1);
  expect(fourfold.clusters).toBe(400);
});

test('what the slots explain already is no gain', () => {
  const random = seededRandom(10);
  const odds = Array.from({ length: 600 }, () => Array.from({ length: SLOTS }, () => 4 * random()));
  const set = packTrainingSet(
    smarttrip,
    odds.map((own, s) => {
      const weights = own.map(Math.exp);
      let left = random() * weights.reduce((a, b) => a + b);
      const clicked = weights.findIndex((weight) => (left -= weight) < 0);
      return {
        at: s,
        sessionId: `s${s}`,
        codes: new Uint8Array(SLOTS * smarttrip.features.length),
        reward: Float64Array.from(own, (_, slot) => Number(slot === clicked)),
      };
    }),
  );
  const [none, all] = [new Float64Array(set.rows), Float64Array.from(odds.flat())];
  expect(heldOutGain(set, none, all)!.low).toBeGreaterThan(0.2);
  expect(Math.abs(heldOutGain(set, none, all, all)!.mean)).toBeLessThan(0.02);
});

test('of slates of one it is all that the log loss falls by, for each reward', () => {
  const random = seededRandom(11);
  const odds = Array.from({ length: 6000 }, () => -3 + 4 * random());
  const chance = (logOdds: number) => 1 / (1 + Math.exp(-logOdds));
  const set = packTrainingSet(
    smarttrip,
    odds.map((own, s) => ({
      at: s,
      sessionId: `s${s}`,
      codes: new Uint8Array(smarttrip.features.length),
      reward: Float64Array.of(Number(random() < chance(own))),
      propensities: Float64Array.of(0.5),
    })),
  );
  const rewards = set.reward.reduce((a, b) => a + b);
  const loss = (p: (slate: number) => number) =>
    set.reward.reduce((sum, reward, s) => sum - Math.log(reward > 0 ? p(s) : 1 - p(s)), 0);
  const falls = loss(() => rewards / set.rows) - loss((s) => chance(odds[s]));
  const gain = heldOutGain(set, new Float64Array(set.rows), Float64Array.from(odds))!;
  expect(gain.mean / (falls / rewards)).toBeCloseTo(1, 1);
  expect(gain.rewarded).toBe(rewards);
});
