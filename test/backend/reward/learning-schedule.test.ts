import { expect, onTestFinished, test } from 'vitest';
import { parseMetricWeights } from '../../../backend/reward/settings.ts';
import { eventually, startTestBackend } from '../support/backend.ts';

test('a backend learns metric weights by itself, when its schedule says so', async () => {
  const backend = await startTestBackend({
    metricWeights: parseMetricWeights({
      target: { kind: 'happened', outcome: 'renewal', horizonDays: 30 },
      schedule: '* * * * * *',
      methods: ['surrogate'],
    }),
  });
  onTestFinished(() => backend.close());
  const history = async () =>
    (await backend.call('GET', '/v1/metric-weights/smarttrip')).body.history;
  await eventually(async () => (await history()).length > 0);
  expect(await history()).toMatchObject([
    {
      author: 'trimtab',
      source: 'learned',
      method: 'surrogate',
      abstains: expect.stringMatching(/too few units/),
    },
  ]);
});
