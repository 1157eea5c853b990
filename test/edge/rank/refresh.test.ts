import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { coldIsolate, SECRET } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import { pointAt, publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { rank } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

beforeAll(async () => {
  await publishItems(openTrips(3));
  await storeScorer('v000000');
  await publishScorer('v000001');
});

/** A KV that counts reads, and never answers while it hangs. */
function countingKv(kv: KVNamespace) {
  const counting = {
    reads: 0,
    hangs: false,
    get(...args: Parameters<KVNamespace['get']>) {
      counting.reads++;
      return counting.hangs ? new Promise(() => undefined) : kv.get(...args);
    },
  };
  return counting;
}

describe('how an isolate stays fresh', () => {
  it('takes a pointer that ops moved by hand, and a catalogue that was published', async () => {
    const isolate = coldIsolate();
    expect(await rank(isolate)).toMatchObject({ weights: 'v000001' });
    await pointAt('v000000');
    await eventually(async () =>
      expect((await rank(isolate)).headers.get('x-trimtab-weights')).toBe('v000000'),
    );
    const hash = await publishItems(openTrips(2));
    await eventually(async () => expect((await rank(isolate)).snapshot).toBe(hash));
    await pointAt({ champion: 'v000001' });
    await eventually(async () => expect((await rank(isolate)).weights).toBe('v000001'));
  });

  it('answers from memory between two refreshes', async () => {
    const catalogue = countingKv(env.CATALOGUE);
    const isolate = coldIsolate({
      CATALOGUE: catalogue,
      REFRESH_MS: '3600000',
    });
    await rank(isolate);
    const readsWhenWarm = catalogue.reads;
    for (let i = 0; i < 5; i++) await rank(isolate);
    expect(catalogue.reads).toBe(readsWhenWarm);
  });

  it('goes on refreshing when the clock is put back', async () => {
    const isolate = coldIsolate({ REFRESH_MS: '3600000' });
    const now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now + 400 * 86_400_000);
    await rank(isolate);
    const hash = await publishItems(openTrips(4));
    clock.mockReturnValue(now);
    await rank(isolate);
    await eventually(async () => expect((await rank(isolate)).snapshot).toBe(hash));
    clock.mockRestore();
    await publishItems(openTrips(2));
  });

  it('looks again soon while the first items are on their way, however seldom it refreshes', async () => {
    await publishItems([]);
    const isolate = coldIsolate({ REFRESH_MS: '3600000' });
    expect((await rank(isolate)).status).toBe(503);
    const hash = await publishItems(openTrips(3));
    await eventually(async () => expect((await rank(isolate)).status).toBe(200));
    expect((await rank(isolate)).snapshot).toBe(hash);
    await publishItems(openTrips(2));
  });

  it('reads once for many requests that find it cold', async () => {
    const catalogue = countingKv(env.CATALOGUE);
    const isolate = coldIsolate({
      CATALOGUE: catalogue,
      REFRESH_MS: '3600000',
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => rank(isolate)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(catalogue.reads).toBe(3);
  });
});

describe('GET /v1/version', () => {
  it('loads what is live when cold, and tells a secret key all of it', async () => {
    const { snapshot } = await rank(coldIsolate());
    const response = await coldIsolate().fetch('/v1/version', { key: SECRET });
    expect(await response.json()).toEqual({
      weights: 'v000001',
      delta: 0,
      name: 'test v000001',
      kind: 'additive',
      scorerFormat: 3,
      snapshotFormat: 3,
      patchFormat: 1,
      unsignedUsers: 0,
      holdsOut: true,
      numbersDeltas: true,
      schema: 'smarttrip',
      schemaHash: expect.stringMatching(/^[0-9a-f]{16}$/),
      snapshot,
      items: 2,
      weightsAgeMs: expect.any(Number),
      snapshotAgeMs: expect.any(Number),
      degraded: false,
      experiments: [],
      shadow: null,
      lostDecisions: 0,
      rankedByRules: 0,
      pools: { hits: 0, misses: 0, unkept: 0, sizeBytes: 0 },
      pointer: { champion: 'v000001' },
      notUnderstood: { fields: 0, preferences: 0 },
    });
  });

  it('counts how often the best rows were those of an earlier request, to a secret key', async () => {
    const isolate = coldIsolate();
    for (let time = 0; time < 3; time++) await rank(isolate);
    const response = await isolate.fetch('/v1/version', { key: SECRET });
    expect(await response.json()).toMatchObject({ pools: { hits: 1, misses: 2, unkept: 0 } });
  });

  it('says why it is degraded, to a secret key', async () => {
    await pointAt('v000777');
    const isolate = coldIsolate();
    await eventually(async () => {
      const response = await isolate.fetch('/v1/version', { key: SECRET });
      expect(await response.json()).toMatchObject({
        weights: 'v000001',
        degraded: true,
        problems: [expect.stringMatching(/there are no weights v000777/)],
      });
    });
  });
});
