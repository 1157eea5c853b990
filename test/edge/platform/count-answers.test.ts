import { expect, it } from 'vitest';
import { coldIsolate, PUBLISHABLE } from '../support/edge.ts';
import { publishScorer } from '../support/publish.ts';

/** A data set that keeps what is written. */
function dataset() {
  const points: AnalyticsEngineDataPoint[] = [];
  return { points, writeDataPoint: (point: AnalyticsEngineDataPoint) => void points.push(point) };
}

it('counts each answer by address and status, refusals as well, and tells of nobody', async () => {
  await publishScorer('v000001');
  const ANSWERS = dataset();
  const isolate = coldIsolate({ ANSWERS });
  const body = { sessionId: 'session-of-somebody', limit: 1, candidates: [{ id: 'a' }] };
  const asked = [
    await isolate.fetch('/v1/rank', { key: PUBLISHABLE, body }),
    await isolate.fetch('/v1/rank', { key: 'pk_wrong_key_of_somebody', body }),
    await isolate.fetch('/v1/rank?limit=1', { key: PUBLISHABLE, body: { limit: -1 } }),
    await isolate.fetch('/v1/events', { key: PUBLISHABLE, body: 'no JSON' }),
    await isolate.fetch('/wp-login.php?user=somebody'),
    await isolate.fetch('/v1/rank', { method: 'OPTIONS' }),
  ];
  const statuses = asked.map(({ status }) => String(status));
  expect(statuses.slice(0, 5)).toEqual(['200', '401', '400', '400', '404']);
  expect(ANSWERS.points.map(({ blobs }) => blobs)).toEqual([
    ['/v1/rank', 'POST', statuses[0], asked[0].headers.get('x-trimtab-weights')],
    ['/v1/rank', 'POST', statuses[1], ''],
    ['/v1/rank', 'POST', statuses[2], ''],
    ['/v1/events', 'POST', statuses[3], ''],
    ['other', 'GET', statuses[4], ''],
    ['/v1/rank', 'OPTIONS', statuses[5], ''],
  ]);
  for (const { indexes, blobs, doubles } of ANSWERS.points) {
    expect(indexes).toEqual([blobs![0]]);
    expect(doubles).toEqual([expect.any(Number)]);
    expect(doubles![0]).toBeGreaterThanOrEqual(0);
  }
  expect(JSON.stringify(ANSWERS.points)).not.toContain('somebody');
});

it('answers also where nothing can be counted', async () => {
  const ANSWERS = {
    writeDataPoint() {
      throw new Error('over the limit');
    },
  };
  expect((await coldIsolate({ ANSWERS }).fetch('/v1/health')).status).toBe(200);
});
