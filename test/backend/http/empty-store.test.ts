import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseMetricWeights } from '../../../backend/reward/settings.ts';
import { parseSessionId } from '../../../shared/domain/ids.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { eventually, startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { decisionOf, eventOf } from '../support/decisions.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend({
    metricWeights: parseMetricWeights({
      target: { kind: 'happened', outcome: 'renewal', horizonDays: 9 },
    }),
  });
});
afterAll(() => backend.close());

/** What stands for each parameter of a path. */
const PARAMETERS: Record<string, string> = {
  version: 'v000000',
  month: '2020-01',
  schema: 'smarttrip',
};
const filled = (path: string) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => PARAMETERS[name] ?? 'exp_none');

const experiment = (name: string) => ({
  name,
  traffic: 1,
  arms: [
    { name: 'control', weight: 1 },
    { name: 'treatment', weight: 1 },
  ],
  aa: true,
});

/** Requests that need data, with the answer that says there is too little. */
const NEEDY: [string, string, unknown][] = [
  ['POST', '/v1/weights/v000000/evaluate', {}],
  ['POST', '/v1/weights/v000000/evaluate', { from: 0, to: 1 }],
  ['POST', '/v1/weights/v000000/evaluate', { from: 4e12 }],
  ['POST', '/v1/metric-weights/smarttrip/learn', {}],
  ['GET', '/v1/metric-weights/smarttrip/backtest', undefined],
  ['POST', '/v1/rollouts', { version: 'v000000' }],
  ['POST', '/v1/data/prune', {}],
  ['GET', '/v1/data/quality?from=0&to=0', undefined],
  ['GET', '/v1/data/quality?from=4000000000000&to=4000000000001', undefined],
  ['GET', '/v1/clicks?from=0&to=0', undefined],
];

async function noInternalErrors(): Promise<void> {
  const { paths } = (await backend.call('GET', '/openapi.json')).body as {
    paths: Record<string, Record<string, unknown>>;
  };
  const gets = Object.keys(paths).filter((one) => 'get' in paths[one]);
  expect(gets.length).toBeGreaterThan(20);
  const answers: string[] = [];
  for (const [method, path, body] of [
    ...gets.map((get): [string, string, unknown] => ['GET', filled(get), undefined]),
    ...NEEDY,
  ]) {
    const { status, body: said } = await backend.call(method, path, body);
    // 503: /health/ready of a backend whose catalogue is empty says so.
    if (status >= 500 && path !== '/health/ready')
      answers.push(`${method} ${path}: ${status} ${JSON.stringify(said)}`);
  }
  expect(answers).toEqual([]);
}

async function runOf(path: string, body: unknown) {
  const started = await backend.call('POST', path, body);
  expect(started.status).toBe(202);
  return eventually(async () => {
    const run = (await backend.call('GET', `/v1/runs/${started.body.runId}`)).body;
    return run.status !== 'running' && run.status !== 'queued' && run;
  });
}

describe('too little data is no internal error:', () => {
  test('a version without later rankings is answered 409, with what is missing', async () => {
    expect(await backend.call('POST', '/v1/weights/v000000/evaluate', {})).toMatchObject({
      status: 409,
      body: {
        code: 'not_enough_data',
        message: expect.stringMatching(
          /^no ranking since 1970-01-01 00:00 UTC that neither v000000/,
        ),
      },
    });
  });

  test('an empty store', noInternalErrors);

  test.each(['/v1/train', '/v1/compare'])('%s of it ends with the reason', async (path) => {
    for (const body of [{}, { force: true }]) {
      const run = await runOf(path, body);
      expect(run.status).toBe('failed');
      expect(run.error).toMatch(/not enough data|no ranking|rankings/);
    }
  });

  test('experiments that nobody saw', async () => {
    const { body: made, status } = await backend.call(
      'POST',
      '/v1/experiments',
      experiment('none'),
    );
    expect(status, JSON.stringify(made)).toBe(201);
    const id: string = made.id ?? made.experiment?.id;
    expect((await backend.call('POST', `/v1/experiments/${id}/start`, {})).status).toBeLessThan(
      300,
    );
    expect(await backend.call('GET', `/v1/experiments/${id}`)).toMatchObject({ status: 200 });
    const again = await backend.call('POST', '/v1/experiments', {
      name: 'self',
      traffic: 0.5,
      selfTest: 'renewal',
    });
    expect(again.status, JSON.stringify(again.body)).toBeLessThan(500);
    expect((await backend.call('POST', `/v1/experiments/${id}/stop`, {})).status).toBeLessThan(300);
  });

  test.each([
    ['a single ranking, which nobody clicked', 1, 0],
    ['two rankings, one of them clicked', 2, 1],
    ['four rankings, two of them clicked', 4, 2],
  ])('%s', async (_name, rankings, clicks) => {
    const at = Date.now() - 60_000;
    const decisions = Array.from({ length: rankings }, (_, i) =>
      decisionOf(`ranking-${rankings}-${i}`, {
        at: at + i,
        sessionId: parseSessionId(`session-${rankings}-${i}`),
        exploration: smarttrip.exploration,
      }),
    );
    await send(backend, {
      batchId: `batch-${rankings}`,
      decisions,
      events: decisions.slice(0, clicks).map(({ rankingId, sessionId, itemIds }) =>
        eventOf(`click-${rankingId}`, rankingId, {
          sessionId,
          itemId: itemIds[0],
          position: 1,
          timestamp: at + 900,
          receivedAt: at + 1000,
        }),
      ),
    });
    const { status, body } = await backend.call('POST', '/v1/weights/v000000/evaluate', {
      from: at,
    });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.coverage).toMatchObject({ rankings, rewarded: clicks });
    // Points set by hand are no log-odds: they are calibrated on earlier rankings, once one has a reward.
    expect(body.champion.calibratedOn).toBe(clicks < 2 ? undefined : 3);
    expect('logLoss' in body.champion.measures).toBe(clicks >= 2);
    await noInternalErrors();
  });
});
