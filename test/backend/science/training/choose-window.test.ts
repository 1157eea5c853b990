import { expect, test } from 'vitest';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import {
  chooseWindow,
  slatesOf,
  windowText,
} from '../../../../backend/science/training/choose-window.ts';
import {
  slateCount,
  sliceSlates,
  type TrainingSet,
} from '../../../../backend/science/learn/training-set.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { additiveFromPoints } from '../../../../shared/score/scorer.ts';
import { binomialBounds } from '../../../support/binomial-bounds.ts';
import { BUCKETS, examinedSchema, examinedSlates } from '../../../world/examined.ts';

const parent = additiveFromPoints(examinedSchema, {}, { version: RULES_VERSION, name: 'rules' });
const choose = (set: TrainingSet) =>
  chooseWindow(set, { parent, name: 'window', device: cpuDevice() });

/** From a slate on, people like what they liked least before. */
function turned(set: TrainingSet, from: number): TrainingSet {
  const codes = set.codes.slice();
  for (let feature = 1; feature < set.features; feature++)
    for (let row = set.starts[from]; row < set.rows; row++)
      codes[feature * set.rows + row] = BUCKETS + 1 - codes[feature * set.rows + row];
  return { ...set, codes };
}

test('after tastes turned it learns from the slates since, and says so', async () => {
  const set = turned(examinedSlates(8000, 3, 'shuffled'), 5000);
  const window = await choose(set);
  expect(window.of).toBe(8000);
  expect(window.slates).toBeGreaterThan(1000);
  expect(window.slates).toBeLessThan(4500);
  expect(windowText(window)).toContain(
    `learned from the latest ${window.slates} of 8000 rankings, because`,
  );
  expect(window.fromMs).toBe(set.at[8000 - window.slates]);
  expect(slatesOf(set, window).at).toEqual(sliceSlates(set, 8000 - window.slates, 8000).at);
});

test('so it does where each item is learned from by itself', async () => {
  const training = { ...examinedSchema.training, objective: 'pointwise' as const };
  const own = { ...parent, schema: { ...examinedSchema, training } };
  const options = { parent: own, name: 'window', device: cpuDevice() };
  const set = examinedSlates(8000, 3, 'shuffled');
  const { slates } = await chooseWindow(turned(set, 5000), options);
  expect(slates).toBeGreaterThan(1000);
  expect(slates).toBeLessThan(4500);
  expect((await chooseWindow(set, options)).slates).toBe(8000);
});

const TRAININGS = 60;
const FALSE_ALARMS = 0.025;

test(`of ${TRAININGS} trainings on people who stay as they are, hardly any learns from a part`, async () => {
  let parts = 0;
  for (let seed = 1; seed <= TRAININGS; seed++) {
    const set = examinedSlates(3000, 100 + seed, 'shuffled');
    const window = await choose(set);
    if (window.because !== undefined) parts++;
    else expect(slatesOf(set, window)).toBe(set);
  }
  expect(parts).toBeLessThanOrEqual(binomialBounds(TRAININGS, FALSE_ALARMS).most);
});

test('with too few rewarded slates all are learned from', async () => {
  const set = turned(examinedSlates(300, 5, 'shuffled'), 200);
  expect(await choose(set)).toEqual({ slates: slateCount(set), of: slateCount(set) });
});
