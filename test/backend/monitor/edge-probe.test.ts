import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEdgeProbe, type EdgeProbe } from '../../../backend/monitor/edge-probe.ts';
import { until } from '../../support/until.ts';

/** What the edge says of itself, one answer after the other; the last one again and again. */
const answers: (object | number)[] = [];
const keys: (string | undefined)[] = [];
const edge = createServer((request, response) => {
  keys.push(request.headers.authorization);
  const answer = answers.length > 1 ? answers.shift()! : answers[0];
  response.writeHead(typeof answer === 'number' ? answer : 200);
  response.end(typeof answer === 'number' ? '' : JSON.stringify(answer));
});
beforeAll(() => new Promise<void>((listening) => void edge.listen(0, '127.0.0.1', listening)));
afterAll(() => new Promise((closed) => void edge.close(closed)));

test('keeps what each answer says, also that there was none, and what an older edge does not say is left out', async () => {
  answers.push(
    {
      weights: 'v000001',
      degraded: false,
      pools: { hits: 30, misses: 60, unkept: 10, sizeBytes: 1 },
    },
    503,
    { weights: 'v000002', degraded: true },
    { weights: 'v000002', pools: { hits: '3' } },
  );
  const { port } = edge.address() as AddressInfo;
  const probe: EdgeProbe = startEdgeProbe({
    edgeUrl: `http://127.0.0.1:${port}`,
    secretKey: 'sk_of_tests',
    everyMs: 5,
    nowMs: () => 7,
  });
  await until('four answers', async () => probe.probes().length >= 4);
  await probe.stop();
  const tookMs = expect.any(Number);
  expect(probe.probes().slice(0, 4)).toEqual([
    { at: 7, tookMs, weights: 'v000001', degraded: false, cache: { hits: 30, misses: 70 } },
    { at: 7, tookMs, problem: 'it answered 503' },
    { at: 7, tookMs, weights: 'v000002', degraded: true },
    { at: 7, tookMs, weights: 'v000002' },
  ]);
  expect(new Set(keys)).toEqual(new Set(['Bearer sk_of_tests']));
});
