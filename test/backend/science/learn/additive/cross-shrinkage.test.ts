import { describe, expect, it, test } from 'vitest';
import { cpuDevice } from '../../../../../backend/device/cpu/cpu-device.ts';
import { crossShrinkage } from '../../../../../backend/science/learn/additive/cross-shrinkage.ts';
import {
  firstPassScorer,
  fitFirstPass,
} from '../../../../../backend/science/learn/additive/first-pass.ts';
import { fitAdditive } from '../../../../../backend/science/learn/additive/fit-additive.ts';
import { emptyWeights } from '../../../../../backend/science/learn/additive/fit-options.ts';
import type { FitMethod } from '../../../../../backend/science/learn/fit-method.ts';
import { additiveScores } from '../../../../../backend/science/learn/histogram.ts';
import { lossOf } from '../../../../../backend/science/learn/loss.ts';
import type { TrainingSet } from '../../../../../backend/science/learn/training-set.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { parseSchema, type Schema } from '../../../../../shared/features/schema.ts';
import { RULES_VERSION } from '../../../../../shared/domain/ids.ts';
import { DEVIATIONS_PER_POINT, unlearned } from '../../../../../shared/score/posterior.ts';
import { additiveFromPoints, STRIDE } from '../../../../../shared/score/scorer.ts';

const schemaWith = (training: object = {}, constraints: object[] = []): Schema =>
  parseSchema({
    name: 'small',
    columns: [{ name: 'colour', type: 'category' }],
    features: [
      { name: 'colour', kind: 'category', column: 'colour', values: ['red', 'blue'] },
      { name: 'device', kind: 'context', key: 'device', values: ['mobile', 'desktop'] },
      { name: 'market', kind: 'context', key: 'market', values: ['DE', 'AT'] },
      { name: 'device-colour', kind: 'cross', of: ['device', 'colour'] },
      { name: 'market-device-colour', kind: 'cross', of: ['market', 'device-colour'] },
    ],
    constraints,
    training: { position: 'given', ...training },
  });

test('the ridge of a cross counts as often as the schema says, of a cross of a cross as often again', () => {
  const strength = crossShrinkage(schemaWith({ crossShrinkage: 5 }), 6)!;
  const of = (feature: number) => [
    ...new Set(strength.subarray(feature * STRIDE, (feature + 1) * STRIDE)),
  ];
  expect([0, 1, 2, 3, 4, 5].map(of)).toEqual([[1], [1], [1], [5], [25], [1]]);
});

test('where crosses count once, and where there are none, nothing is stated', () => {
  expect(crossShrinkage(schemaWith(), 5)).toBeUndefined();
  const none = parseSchema({
    name: 'none',
    columns: [],
    features: [{ name: 'base', kind: 'constant' }],
    training: { crossShrinkage: 5 },
  });
  expect(crossShrinkage(none, 1)).toBeUndefined();
});

test.each([0, -1, 'much', Number.POSITIVE_INFINITY])('a shrinkage of %s is refused', (given) => {
  expect(() => schemaWith({ crossShrinkage: given })).toThrow(
    'training.crossShrinkage must be above 0',
  );
});

/** Everybody likes red better than blue but for a device, which is the other way round. */
function slatesOf(ofMobile: number, ofDesktop: number, seed: number): TrainingSet {
  const random = seededRandom(seed);
  const slates = ofMobile + ofDesktop;
  const rows = 2 * slates;
  const codes = new Uint8Array(5 * rows);
  const reward = new Float64Array(rows);
  for (let slate = 0; slate < slates; slate++) {
    const [device, market] = [slate < ofMobile ? 1 : 2, 1 + Math.floor(2 * random())];
    const red = device === 1 ? 0.8 : 0.3;
    const clicked = random() < red ? 1 : 2;
    for (const colour of [1, 2]) {
      const row = 2 * slate + colour - 1;
      const cross = 1 + (device - 1) * 3 + (colour - 1);
      [colour, device, market, cross, 1 + (market - 1) * 9 + (cross - 1)].forEach(
        (code, feature) => (codes[feature * rows + row] = code),
      );
      reward[row] = colour === clicked ? 1 : 0;
    }
  }
  return {
    rows,
    features: 5,
    codes,
    starts: Uint32Array.from({ length: slates + 1 }, (_, slate) => 2 * slate),
    reward,
    position: new Uint16Array(rows),
    at: new Float64Array(slates),
    cluster: new Uint32Array(slates),
  };
}

async function fit(
  set: TrainingSet,
  shrinkage: number,
  {
    method,
    constraints = [],
    l2 = 1,
  }: { method?: FitMethod; constraints?: object[]; l2?: number } = {},
): Promise<Float64Array> {
  const schema = schemaWith({ crossShrinkage: shrinkage }, constraints);
  const ridge = crossShrinkage(schema, set.features);
  const { weights } = await fitAdditive(set, undefined, {
    schema,
    objective: 'listwise',
    start: emptyWeights(5),
    prior: emptyWeights(5),
    l2,
    ...(ridge && { ridge }),
    slope: 0.05,
    maxIterations: 600,
    patience: 600,
    tolerance: 1e-13,
    device: cpuDevice(),
    ...(method && { method }),
  });
  return weights;
}

/** Red over blue, in log-odds, to who asks by a device. */
const redOverBlue = (weights: Float64Array, device: number, parts = [0, 3, 4]): number => {
  const of = (colour: number) => {
    const cross = 1 + (device - 1) * 3 + (colour - 1);
    const buckets = { 0: colour, 3: cross, 4: cross } as Record<number, number>;
    return parts.reduce((sum, feature) => sum + weights[feature * STRIDE + buckets[feature]], 0);
  };
  return of(1) - of(2);
};

describe('a fit with shrunk crosses', () => {
  it.each<[sentence: string, constraints: object[]]>([
    ['by L-BFGS', []],
    ['by projected descent', [{ feature: 'device', min: -500 }]],
  ])('%s is where the gradient of the loss balances each penalty', async (_, constraints) => {
    const set = slatesOf(150, 60, 1);
    const weights = await fit(set, 6, { constraints });
    const strength = crossShrinkage(schemaWith({ crossShrinkage: 6 }), 5)!;
    const gradient = new Float64Array(set.rows);
    lossOf('listwise')(set, additiveScores(set, weights), gradient, new Float64Array(set.rows));
    for (let feature = 0; feature < 5; feature++)
      for (let code = 0; code < STRIDE; code++) {
        const j = feature * STRIDE + code;
        let pull = strength[j] * weights[j];
        for (let row = 0; row < set.rows; row++)
          if (set.codes[feature * set.rows + row] === code) pull += gradient[row];
        expect(Math.abs(pull)).toBeLessThan(2e-3);
      }
  });

  it('keeps a segment of few data near what holds for all, and lets one of many go', async () => {
    const apart = async (ofDesktop: number, shrinkage: number) => {
      const weights = await fit(slatesOf(2000, ofDesktop, 2), shrinkage);
      return redOverBlue(weights, 2) - redOverBlue(weights, 1);
    };
    // By what is drawn, they are log(0.3 / 0.7) − log(0.8 / 0.2) = −2.23 apart.
    const [few, fewOnce] = [await apart(12, 8), await apart(12, 1)];
    expect(few).toBeGreaterThan(fewOnce + 0.3);
    expect(few).toBeLessThan(0);
    expect(await apart(2000, 8)).toBeLessThan(-1.9);
  });

  it('by mini-batches ends near the same optimum', async () => {
    const set = slatesOf(1200, 200, 3);
    const [whole, batches] = [await fit(set, 8), await fit(set, 8, { method: 'mini-batch' })];
    for (const device of [1, 2])
      expect(Math.abs(redOverBlue(whole, device) - redOverBlue(batches, device))).toBeLessThan(0.1);
    const free = await fit(set, 1, { method: 'mini-batch' });
    expect(Math.abs(redOverBlue(batches, 2, [3, 4]))).toBeLessThan(
      Math.abs(redOverBlue(free, 2, [3, 4])),
    );
  });
});

test('the posterior of a cross is its prior where there are no data: as precise as its ridge is strong', async () => {
  const schema = schemaWith({ crossShrinkage: 5 });
  const parent = additiveFromPoints(schema, {}, { version: RULES_VERSION, name: 'rules' });
  const options = { parent, name: 'learned', device: cpuDevice() };
  const set = slatesOf(200, 0, 3);
  const { posterior } = firstPassScorer(await fitFirstPass(set, undefined, options), options, set);
  const unseen = { colour: 0, cross: 4, crossOfCross: 4 };
  for (const own of [posterior!, unlearned(schema, schema.exploration)]) {
    const at = (feature: number, bucket: number) =>
      own[feature * STRIDE + bucket] / DEVIATIONS_PER_POINT;
    expect(at(0, unseen.colour)).toBeCloseTo(20, 1);
    expect(at(3, unseen.cross)).toBeCloseTo(20 / Math.sqrt(5), 1);
    expect(at(4, unseen.crossOfCross)).toBeCloseTo(20 / 5, 1);
  }
  // Of what was seen it is known better.
  expect(posterior![3 * STRIDE + 1] / DEVIATIONS_PER_POINT).toBeLessThan(0.9 * (20 / Math.sqrt(5)));
});
