import { expect, test } from 'vitest';
import { cpuDevice } from '../../../../../backend/device/cpu/cpu-device.ts';
import { boostedLearner } from '../../../../../backend/science/learn/learners/boosted.ts';
import type { BoostingSpec } from '../../../../../shared/features/schema.ts';
import { agreeingSchema, agreeingSlates } from '../../../../world/agreeing.ts';

const ROUNDS = 12;

async function treesBy(boosting: BoostingSpec | undefined, seed = 3, threads = 1) {
  const schema = agreeingSchema();
  const { trees } = await boostedLearner('softmax').fit(
    { set: agreeingSlates(400, 3) },
    undefined,
    {
      schema: { ...schema, training: { ...schema.training, ...(boosting && { boosting }) } },
      seed,
      rounds: ROUNDS,
      device: cpuDevice({ threads }),
      onStep: () => {},
    },
  );
  return trees!;
}

test('a schema says how boosted trees are grown, and a seed which samples they have', async () => {
  const usual = await treesBy(undefined);
  expect(await treesBy({ features: 1, slates: 1, leaves: 15 })).toEqual(usual);
  const spec = { features: 0.3, slates: 0.5, leaves: 3 };
  const sampled = await treesBy(spec);
  expect(sampled).toHaveLength(ROUNDS);
  const features = agreeingSchema().features.length;
  for (const { left, feature } of sampled) {
    expect(left.filter((child) => child === 0).length).toBeLessThanOrEqual(3);
    const used = new Set(feature.filter((_own, node) => left[node] !== 0));
    expect(used.size).toBeLessThanOrEqual(Math.ceil(0.3 * features));
  }
  expect(await treesBy(spec, 3, 2)).toEqual(sampled);
  expect(await treesBy(spec, 4)).not.toEqual(sampled);
  // Half of the rows have about half of the curvature.
  const shares = sampled.map(({ cover }) => cover[0] / usual[0].cover[0]);
  for (const share of shares) expect(share).toBeLessThan(0.75);
});
