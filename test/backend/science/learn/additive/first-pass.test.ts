import { expect, test } from 'vitest';
import { cpuDevice } from '../../../../../backend/device/cpu/cpu-device.ts';
import { fitFirstPass } from '../../../../../backend/science/learn/additive/first-pass.ts';
import { RULES_VERSION } from '../../../../../shared/domain/ids.ts';
import { additiveFromPoints } from '../../../../../shared/score/scorer.ts';
import { examinedSchema, examinedSlates } from '../../../../world/examined.ts';

const set = examinedSlates(400, 7, 'shuffled');
const free = additiveFromPoints(examinedSchema, {}, { version: RULES_VERSION, name: 'rules' });
const bounded = {
  ...free,
  schema: { ...examinedSchema, constraints: [{ feature: 'a', min: -500 }] },
};

test.each([
  ['L-BFGS', { parent: free }],
  ['projected descent', { parent: bounded }],
  ['mini-batches', { parent: free, method: 'mini-batch' as const }],
])('by %s a fit that follows one which stopped at its start keeps the start', async (_, given) => {
  const options = { ...given, name: 'learned', device: cpuDevice() };
  const start = new Float64Array((await fitFirstPass(set, undefined, options)).weights).map(
    (weight, j) => weight + (j % 5) / 100,
  );
  const from = { weights: start, iterations: 0 };
  const kept = await fitFirstPass(set, undefined, options, from);
  expect(kept).toMatchObject({ iterations: 0, curve: [], weights: start });
  // It still says how well each weight is known.
  expect(kept.curvature.some((value) => value > 0)).toBe(true);
  const further = await fitFirstPass(set, undefined, options, { ...from, iterations: 1 });
  expect(further.weights).not.toEqual(start);
});
