import { describe, expect, test } from 'vitest';
import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import {
  firstPassScorer,
  fitFirstPass,
  LEARNED_SLOPE,
} from '../../backend/science/learn/additive/first-pass.ts';
import { packTrainingSet } from '../../backend/science/learn/training-set.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { bucketCount, parseSchema } from '../../shared/features/schema.ts';
import { DEVIATIONS_PER_POINT } from '../../shared/score/posterior.ts';
import { additiveFromPoints, STRIDE, toPoints } from '../../shared/score/scorer.ts';
import { sizedForHours } from '../support/size.ts';

const PRIOR = 20;
const BUCKETS = [2, 4, 6, 3];
/** The last bucket of the third feature is never shown. */
const UNSEEN = { feature: 2, bucket: 6 };
const SLOTS = 8;
/** About 14 errors each: the spread of those of 25 sites is itself known within 0.04, a quarter of what it is asked for. */
const sites = sizedForHours(25, 200);
const slates = 1500;

const schema = parseSchema({
  name: 'site',
  columns: BUCKETS.map((_, i) => ({ name: `c${i}`, type: 'category' })),
  features: BUCKETS.map((count, i) => ({
    name: `f${i}`,
    kind: 'category',
    column: `c${i}`,
    values: Array.from({ length: count }, (_, bucket) => `v${bucket}`),
  })),
  training: { objective: 'listwise', l2: 1, position: 'given', reward: { click: 1 } },
});
const parent = additiveFromPoints(schema, {}, { version: RULES_VERSION, name: 'rules' });

/** A sum of twelve uniform numbers is nearly normal. */
const normal = (random: () => number) =>
  Array.from({ length: 12 }, random).reduce((a, b) => a + b, 0) - 6;

/**
 * A site whose true weights are drawn from the prior, and people who choose one item of a slate by a conditional logit. @param weight of
 * each choice in the reward.
 */
async function site(seed: number, rankings: number, weight = 1) {
  const random = seededRandom(seed);
  const truth = schema.features.map((spec) =>
    Array.from({ length: bucketCount(spec) }, () => PRIOR * normal(random)),
  );
  const log = Array.from({ length: rankings }, (__, at) => {
    const codes = Uint8Array.from({ length: SLOTS * BUCKETS.length }, (_, i) => {
      const feature = i % BUCKETS.length;
      const shown = BUCKETS[feature] - (feature === UNSEEN.feature ? 1 : 0);
      return 1 + Math.floor(random() * shown);
    });
    const odds = Array.from({ length: SLOTS }, (_, slot) =>
      Math.exp(
        LEARNED_SLOPE *
          truth.reduce((sum, own, f) => sum + own[codes[slot * BUCKETS.length + f]], 0),
      ),
    );
    let left = random() * odds.reduce((a, b) => a + b, 0);
    const chosen = odds.findIndex((own) => (left -= own) < 0);
    const reward = new Float64Array(SLOTS);
    reward[chosen < 0 ? SLOTS - 1 : chosen] = weight;
    return { at, sessionId: `s${at}`, codes, reward };
  });
  const set = packTrainingSet(schema, log);
  const options = { parent, name: 'learned', l2: weight, device: cpuDevice() };
  const fit = await fitFirstPass(set, undefined, options);
  const scorer = firstPassScorer(fit, options, set);
  const deviation = (feature: number, bucket: number) =>
    scorer.posterior![feature * STRIDE + bucket] / DEVIATIONS_PER_POINT;
  /**
   * (true − mean) / sd of each bucket that is shown, all around the feature's mean: what all buckets of a feature have in common
   * changes no choice, and nothing is learned of it.
   */
  const errors = BUCKETS.flatMap((count, feature) => {
    const last = count - (feature === UNSEEN.feature ? 1 : 0);
    const buckets = Array.from({ length: last }, (_, i) => i + 1);
    const off = buckets.map(
      (bucket) => truth[feature][bucket] - toPoints(scorer.weights[feature * STRIDE + bucket]),
    );
    const mean = off.reduce((a, b) => a + b, 0) / last;
    // Around the mean of n, the spread of n independent errors is less by √(1 − 1/n).
    return off.map(
      (own, i) => (own - mean) / deviation(feature, buckets[i]) / Math.sqrt(1 - 1 / last),
    );
  });
  return { errors, deviation };
}

const spreadOf = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

describe(`the posterior of learned weights, over ${sites} sites of ${slates} slates`, () => {
  test.each([1, 10])(
    'has about the spread of the errors, whatever a choice weighs in the reward: %d',
    { timeout: 600_000 },
    async (weight) => {
      const errors: number[] = [];
      for (let seed = 1; seed <= sites; seed++)
        errors.push(...(await site(seed, slates, weight)).errors);
      const spread = spreadOf(errors);
      const inside = errors.filter((own) => Math.abs(own) < 1.96).length / errors.length;
      process.stdout.write(
        `errors ${errors.length}, spread ${spread.toFixed(3)}, within 1.96: ${inside.toFixed(3)}\n`,
      );
      // The diagonal leaves out how errors of different features go together, which is little here.
      expect(spread).toBeGreaterThan(0.85);
      expect(spread).toBeLessThan(1.15);
      expect(inside).toBeGreaterThan(0.9);
    },
  );

  test('is the prior where there are no data', async () => {
    const { deviation } = await site(1, slates);
    expect(deviation(UNSEEN.feature, UNSEEN.bucket)).toBeCloseTo(PRIOR, 1);
    expect(deviation(0, 0)).toBeCloseTo(PRIOR, 1);
  });

  test('is narrower the more data there are, and as wide as those of a shorter window alone say', async () => {
    const [all, window] = [await site(5, slates), await site(5, slates / 4)];
    schema.features.forEach((_, feature) => {
      for (let bucket = 1; bucket <= BUCKETS[feature]; bucket++) {
        const [known, less] = [all.deviation(feature, bucket), window.deviation(feature, bucket)];
        if (feature === UNSEEN.feature && bucket === UNSEEN.bucket) continue;
        expect(less).toBeGreaterThan(1.5 * known);
        expect(less).toBeLessThan(2.5 * known);
      }
    });
  });
});
