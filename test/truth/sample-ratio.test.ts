import { describe, expect, test } from 'vitest';
import { sequentialSrm } from '../../backend/science/statistics/sequential-srm.ts';
import { srmCheck } from '../../backend/science/statistics/srm.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { answered } from '../backend/science/experiment/draws.ts';
import { binomialBounds } from '../support/binomial-bounds.ts';
import { sized } from '../support/size.ts';

/** Adds `units` to the arms, each to the first arm whose cumulated share lies above a random number. */
function arrive(arms: number[], shares: readonly number[], units: number, random: () => number) {
  for (let unit = 0; unit < units; unit++) {
    let at = random();
    let arm = 0;
    while (arm < shares.length - 1 && (at -= shares[arm]) >= 0) arm++;
    arms[arm]++;
  }
}

const normalised = (weights: readonly number[]) => {
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
};

const FAIR_RUNS = sized({ small: 60, full: 1000, hours: 4000 });

describe(`the sample ratio at 0.1 %, looked at 200 times in each of ${FAIR_RUNS} experiments without a fault,`, () => {
  test.each([
    ['two equal arms', [1, 1]],
    ['nine to one', [9, 1]],
    ['three arms', [1, 1, 1]],
  ])('is called a mismatch no more often than that: %s', (_, weights) => {
    const random = seededRandom(weights.length * 100 + weights[0]);
    const shares = normalised(weights);
    let called = 0;
    for (let run = 0; run < FAIR_RUNS; run++) {
      const arms = weights.map(() => 0);
      let mismatch = false;
      // Looks are close together at first, when a few units can mislead, and further apart later on.
      for (let look = 0; look < 200; look++) {
        arrive(arms, shares, 1 + Math.floor(look / 3), random);
        mismatch ||= answered(sequentialSrm(arms, weights)).mismatch;
      }
      called += Number(mismatch);
    }
    expect(called).toBeLessThanOrEqual(binomialBounds(FAIR_RUNS, 0.001).most);
  });
});

const FAULTY_RUNS = sized({ small: 25, full: 400 });

describe(`a fault in ${FAULTY_RUNS} experiments, looked at 40 times,`, () => {
  // `noncentrality`: what a χ² test at 0.1 %, read once, needs for 80 % power with two arms and with three.
  test.each([
    ['55 of 100', [1, 1], [0.55, 0.45], 17.07],
    ['a tenth of the larger arm lost', [9, 1], [0.81, 0.1], 17.07],
    ['a tenth of one of three arms lost', [1, 1, 1], [1, 1, 0.9], 19.6],
    ['51 of 100', [1, 1], [0.51, 0.49], 17.07],
    ['a twentieth of the smaller arm lost', [9, 1], [9, 0.95], 17.07],
    ['one unit in fifty of one of three arms twice', [1, 1, 1], [1, 1, 1.02], 19.6],
  ])(
    'is found four times in five with twice the units of one look at most: %s',
    (name, weights, lost, noncentrality) => {
      const random = seededRandom(name.length);
      const [fair, shares] = [normalised(weights), normalised(lost)];
      const perUnit = shares.reduce(
        (sum, share, arm) => sum + (share - fair[arm]) ** 2 / fair[arm],
        0,
      );
      const batch = Math.ceil(noncentrality / perUnit / 20);
      let [found, once] = [0, 0];
      for (let run = 0; run < FAULTY_RUNS; run++) {
        const arms = weights.map(() => 0);
        let mismatch = false;
        for (let look = 1; look <= 40 && !(mismatch && look > 20); look++) {
          arrive(arms, shares, batch, random);
          mismatch ||= answered(sequentialSrm(arms, weights)).mismatch;
          if (look === 20) once += Number(answered(srmCheck(arms, weights)).mismatch);
        }
        found += Number(mismatch);
      }
      const { least, most } = binomialBounds(FAULTY_RUNS, 0.8);
      expect(found).toBeGreaterThanOrEqual(sized({ small: least, full: 0.8 * FAULTY_RUNS }));
      // The fixed test has the power that the units were computed for, so they are the right measure.
      expect(once).toBeGreaterThanOrEqual(least);
      expect(once).toBeLessThanOrEqual(most);
    },
  );
});

const EARLY_RUNS = sized({ small: 200, full: 1000, hours: 4000 });

test(`51 of 100 is found with the first 18,000 units in a tenth of ${EARLY_RUNS} experiments, read at 200 looks`, () => {
  const random = seededRandom(18_000);
  let found = 0;
  for (let run = 0; run < EARLY_RUNS; run++) {
    const arms = [0, 0];
    let mismatch = false;
    for (let look = 0; look < 200 && !mismatch; look++) {
      arrive(arms, [0.51, 0.49], 90, random);
      mismatch = answered(sequentialSrm(arms, [1, 1])).mismatch;
    }
    found += Number(mismatch);
  }
  // χ² at 0.1 %, read once, finds 27 %; no test that may be read at every look finds as much.
  const { least, most } = binomialBounds(EARLY_RUNS, 0.117);
  expect(found).toBeGreaterThanOrEqual(least);
  expect(found).toBeLessThanOrEqual(most);
});
