import { beforeAll, describe, expect, it } from 'vitest';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { additiveFromPoints, STRIDE, toPoints } from '../../../../shared/score/scorer.ts';
import { parseSchema } from '../../../../shared/features/schema.ts';
import { learn } from '../../../../backend/science/training/train-version.ts';
import { withoutPositionBias } from '../../../../backend/science/training/without-position-bias.ts';
import { BUCKETS, examinedSchema, examinedSlates, LIKING } from '../../../world/examined.ts';

const SEED = 77;
const schemaWith = (position: 'feature' | 'propensity' | 'given') =>
  parseSchema({
    ...examinedSchema,
    training: { ...examinedSchema.training, position },
  });

/** Of the weights' shapes against what visitors like, root mean square. */
async function errorWith(position: 'feature' | 'propensity' | 'given'): Promise<number> {
  const schema = schemaWith(position);
  const parent = additiveFromPoints(schema, {}, { version: RULES_VERSION, name: 'none' });
  const set = examinedSlates(12_000, SEED, 'by two rankers');
  const { scorer } = await learn(set, {
    learner: 'additive',
    parent,
    name: position,
    device: cpuDevice(),
  });
  const points = Float64Array.from(scorer.weights, toPoints);
  let [sum, n] = [0, 0];
  for (const [f, truth] of LIKING.entries()) {
    const from = (f + 1) * STRIDE + 1;
    for (let b = 1; b < BUCKETS; b++) {
      // Without rules to scale by, a point is 0.05 log-odds.
      sum += ((points[from + b] - points[from]) * 0.05 - truth[b]) ** 2;
      n++;
    }
  }
  return Math.sqrt(sum / n);
}

describe('learning from visitors who look less the lower (seed 77)', () => {
  let naive = Number.NaN;
  beforeAll(async () => {
    naive = await errorWith('given');
  });

  it.each(['feature', 'propensity'] as const)(
    'errs under half as much with position: %s as with none',
    async (position) => expect(await errorWith(position)).toBeLessThan(naive / 2),
  );
});

it('takes the slot as a feature, and says why, where too few clicks tell examination', () => {
  const few = examinedSlates(40, SEED, 'by two rankers');
  const { set, examination } = withoutPositionBias(few, schemaWith('propensity'));
  expect(examination).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/./) });
  expect(set.features).toBe(few.features + 1);
});
