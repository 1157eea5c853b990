import { expect, test } from 'vitest';

interface Weights {
  readonly delta: number;
  readonly problem?: string;
}

/** Typed by hand, as their own types are those of the edge's platform. */
type Cache = new (
  load: () => Promise<Weights>,
  settings: { readonly refreshMs: number },
) => { get(ctx: unknown, cell: () => string, nowMs: number): Promise<Weights> };

const imported = async (file: string) =>
  (await import(new URL(`../../edge/${file}`, import.meta.url).href)) as Record<string, Cache>;
const { FollowedWeights } = await imported('rank/followed-weights.ts');
const { RefreshingCache } = await imported('platform/refreshing-cache.ts');
const caches = [
  ['what is live', FollowedWeights],
  ['what else is refreshed, such as keys', RefreshingCache],
] as const;

const REFRESH_MS = 5000;
const HOUR_MS = 3_600_000;
const ctx = { waitUntil: () => undefined };

/** What an isolate has that was asked last an hour ago, and each reading of which ends when the test says so. */
async function idleIsolate(Cache: Cache) {
  const readings: ((read: Weights) => void)[] = [];
  const weights = new Cache(() => new Promise((resolve) => readings.push(resolve)), {
    refreshMs: REFRESH_MS,
  });
  const get = (nowMs: number) => weights.get(ctx, () => 'EU', nowMs);
  const nowMs = Date.now();
  const first = get(nowMs - HOUR_MS);
  readings[0]({ delta: 1 });
  await first;
  return { nowMs, readings, get };
}

test.each(caches)(
  'whoever comes while an idle isolate reads %s gets that, and not what it had before',
  async (_, Cache) => {
    const { nowMs, readings, get } = await idleIsolate(Cache);
    const both = [get(nowMs), get(nowMs + 1)];
    readings[1]({ delta: 2 });
    expect(readings).toHaveLength(2);
    for (const read of await Promise.all(both)) expect(read).toEqual({ delta: 2 });
  },
);

test('what an idle isolate had before is served as out of date where the reading takes too long', async () => {
  const { nowMs, readings, get } = await idleIsolate(FollowedWeights);
  const both = await Promise.all([get(nowMs), get(nowMs + 1)]);
  for (const read of both)
    expect(read).toMatchObject({ delta: 1, problem: expect.stringContaining('not read within') });
  readings[1]({ delta: 2 });
  expect(await get(nowMs + 2)).toEqual({ delta: 2 });
});

test.each(caches)('nobody waits for %s where it was confirmed a moment ago', async (_, Cache) => {
  const { nowMs, readings, get } = await idleIsolate(Cache);
  const read = get(nowMs);
  readings[1]({ delta: 2 });
  await read;
  expect(await get(nowMs + REFRESH_MS)).toEqual({ delta: 2 });
  expect(readings).toHaveLength(3);
});

test('nobody waits for what could not be read the last time either', async () => {
  const { nowMs, readings, get } = await idleIsolate(RefreshingCache);
  const first = get(nowMs);
  readings[1]({ delta: 1, problem: 'down' });
  await first;
  const later = nowMs + REFRESH_MS;
  // Each starts a reading that does not end, or finds one.
  expect(await get(later)).toEqual({ delta: 1, problem: 'down' });
  expect(await get(later + 1)).toEqual({ delta: 1, problem: 'down' });
  expect(readings).toHaveLength(3);
});
