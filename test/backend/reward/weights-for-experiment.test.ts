import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { appendWeights } from '../../../backend/reward/history.ts';
import { describeInForce } from '../../../backend/reward/in-force.ts';
import { setMetricWeights } from '../../../backend/reward/override.ts';
import {
  idInForce,
  SCHEMA_WEIGHTS,
  weightsForExperiment,
} from '../../../backend/reward/weights-for-experiment.ts';
import { versions } from '../../../backend/models/versions.ts';
import { metricWeights } from '../../../backend/store/tables.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { DEFAULT_METRICS } from '../../../shared/domain/metric.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { openTestStore, type TestStore } from './support/open-test-store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  await versions(store, () => 1).ensureRules(smarttrip);
});
afterAll(() => store.close());
beforeEach(() => store.write([store.db.delete(metricWeights)]));

const NOW = 1_790_000_000_000;
const experiment = (metricWeightsId: number | null, version = RULES_VERSION) => ({
  id: 'exp_1',
  arms: [
    { name: 'control', weight: 0.5, version },
    { name: 'treatment', weight: 0.5 },
  ],
  metrics: [...DEFAULT_METRICS],
  metricWeightsId,
});

const learn = (click: number) =>
  appendWeights(
    store,
    {
      schemaName: 'smarttrip',
      weights: { click },
      author: 'trimtab',
      reason: 'learned',
      expiresAt: null,
      source: 'learned',
      method: 'surrogate',
      experimentId: null,
      details: {
        weights: [
          { metric: 'click_through', weight: click, low: 0, high: 1 },
          { metric: 'feature.map', weight: 0.5, low: 0, high: 1 },
          { metric: 'saves', weight: 0.2, low: 0, high: 1 },
        ],
        covariance: [1, 2, 3, 2, 4, 5, 3, 5, 6],
        normalisers: { click_through: { mean: 0.4, deviation: 0.5 } },
      },
    },
    { action: 'learn metric weights', details: {} },
    NOW,
  );
const set = (booking: number, experimentId?: string, expiresAt?: number) =>
  setMetricWeights(
    store,
    smarttrip,
    {
      weights: { booking },
      author: 'ana',
      reason: 'why',
      ...(experimentId && { experimentId }),
      ...(expiresAt && { expiresAt }),
    },
    NOW,
    { rewardPolicy: 'adaptive' },
  );
const sourceOf = async (of: ReturnType<typeof experiment>, nowMs = NOW) => {
  const { description, weights } = await weightsForExperiment(store, of, nowMs, 'adaptive');
  return [description.source, weights[0]?.weight];
};

test('what was learned is as analysis wants it, without what the experiment does not measure', async () => {
  await learn(-0.3);
  const found = await weightsForExperiment(store, experiment(null), NOW, 'adaptive');
  expect(found).toMatchObject({
    weights: [
      { metric: 'click_through', weight: -0.3 },
      { metric: 'saves', weight: 0.2 },
    ],
    covariance: [1, 3, 3, 6],
    normalisers: { click_through: { mean: 0.4, deviation: 0.5 } },
    unmeasured: ['feature.map'],
    description: { source: 'learned' },
    explanation: [
      expect.stringMatching(/^weighed as learned 2026-09-21 14:13 UTC \(\d+\)$/),
      'left out, as it is not measured here: feature.map',
    ],
  });
  expect(found.description).not.toHaveProperty('details');
});

test('an override is explained by who set it, why, until when and what it changed', async () => {
  await set(20, 'exp_1', NOW + 60_000);
  const { explanation } = await weightsForExperiment(store, experiment(null), NOW, 'adaptive');
  expect(explanation[0]).toMatch(
    /^weighed by an override of ana until 2026-09-21 14:14 UTC: why \(\d+\)$/,
  );
  expect(explanation).toContain('booking moves by +100 %: 10 to 20');
});

test('weights that were set are the effect on what a unit earns, and are not uncertain', async () => {
  const found = await weightsForExperiment(store, experiment(SCHEMA_WEIGHTS), NOW, 'adaptive');
  expect(found.weights).toEqual([
    { metric: 'click_through', weight: 1 },
    { metric: 'saves', weight: 2 },
    { metric: 'contacts', weight: 3 },
    { metric: 'booking_starts', weight: 4 },
    { metric: 'booked', weight: 10 },
  ]);
  expect(found.covariance).toEqual(Array.from({ length: 25 }, () => 0));
  expect(found.normalisers.saves).toEqual({ mean: 0, deviation: 1 });
  await setMetricWeights(
    store,
    smarttrip,
    { weights: { 'outcome.renewal': 5, save: 1 }, author: 'ana', reason: 'why' },
    NOW,
    { rewardPolicy: 'adaptive' },
  );
  expect(await weightsForExperiment(store, experiment(null), NOW, 'adaptive')).toMatchObject({
    weights: [{ metric: 'saves', weight: 1 }],
    unmeasured: ['outcome.renewal'],
  });
});

describe('which weights:', () => {
  test('an override of the experiment, until it expires; else those it was frozen to; else the current ones', async () => {
    const { id } = await learn(1);
    await learn(2);
    expect(await sourceOf(experiment(id))).toEqual(['learned', 1]);
    expect(await sourceOf(experiment(null))).toEqual(['learned', 2]);
    await set(7);
    expect(await sourceOf(experiment(id))).toEqual(['learned', 1]);
    expect(await sourceOf(experiment(SCHEMA_WEIGHTS))).toEqual(['schema', 1]);
    expect(await sourceOf(experiment(null))).toEqual(['override', 7]);
    await set(8, 'exp_1', NOW + 10);
    await set(9, 'exp_2');
    for (const frozen of [id, SCHEMA_WEIGHTS, null])
      expect(await sourceOf(experiment(frozen), NOW + 9)).toEqual(['override', 8]);
    expect(await sourceOf(experiment(id), NOW + 10)).toEqual(['learned', 1]);
  });

  test('what is in force freezes by its id', async () => {
    const inForce = () => describeInForce(store, smarttrip, NOW, { rewardPolicy: 'adaptive' });
    expect(idInForce(await inForce())).toBe(SCHEMA_WEIGHTS);
    const { id } = await learn(1);
    expect(idInForce(await inForce())).toBe(id);
    const { row } = await set(7);
    expect(idInForce(await inForce())).toBe(row!.id);
    expect(await sourceOf(experiment(row!.id))).toEqual(['override', 7]);
  });

  test('a frozen row that is gone is said to be, with where to look', async () => {
    await expect(sourceOf(experiment(999))).rejects.toThrow(
      /exp_1 is frozen to the metric weights 999.*metric-weights verify/,
    );
  });
});
