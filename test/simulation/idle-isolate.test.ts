import { expect, test } from 'vitest';

interface Weights {
  readonly delta: number;
  readonly problem?: string;
}

/** Typed by hand, as its own types are those of the edge's platform. */
type FollowedWeights = new (
  load: () => Promise<Weights>,
  settings: { readonly refreshMs: number },
) => { get(ctx: unknown, cell: () => string, nowMs: number): Promise<Weights> };

const { href } = new URL('../../edge/rank/followed-weights.ts', import.meta.url);
const { FollowedWeights } = (await import(href)) as { FollowedWeights: FollowedWeights };

const REFRESH_MS = 5000;
const HOUR_MS = 3_600_000;
const ctx = { waitUntil: () => undefined };

/** What an isolate has that was asked last an hour ago, and each reading of which ends when the test says so. */
async function idleIsolate() {
  const readings: ((read: Weights) => void)[] = [];
  const weights = new FollowedWeights(() => new Promise((resolve) => readings.push(resolve)), {
    refreshMs: REFRESH_MS,
  });
  const get = (nowMs: number) => weights.get(ctx, () => 'EU', nowMs);
  const nowMs = Date.now();
  const first = get(nowMs - HOUR_MS);
  readings[0]({ delta: 1 });
  await first;
  return { nowMs, readings, get };
}

test('whoever comes while an idle isolate reads what is live gets that, and not what it had before', async () => {
  const { nowMs, readings, get } = await idleIsolate();
  const both = [get(nowMs), get(nowMs + 1)];
  readings[1]({ delta: 2 });
  expect(readings).toHaveLength(2);
  for (const read of await Promise.all(both)) expect(read).toEqual({ delta: 2 });
});

test('what an idle isolate had before is served as out of date where the reading takes too long', async () => {
  const { nowMs, readings, get } = await idleIsolate();
  const both = await Promise.all([get(nowMs), get(nowMs + 1)]);
  for (const read of both)
    expect(read).toMatchObject({ delta: 1, problem: expect.stringContaining('not read within') });
  readings[1]({ delta: 2 });
  expect(await get(nowMs + 2)).toEqual({ delta: 2 });
});

test('nobody waits for what was confirmed a moment ago', async () => {
  const { nowMs, readings, get } = await idleIsolate();
  const read = get(nowMs);
  readings[1]({ delta: 2 });
  await read;
  expect(await get(nowMs + REFRESH_MS)).toEqual({ delta: 2 });
  expect(readings).toHaveLength(3);
});
