import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseLoggedRequest } from '../../../shared/domain/logged-request.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { unlearned } from '../../../shared/score/posterior.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import first from '../../golden/smarttrip-1.schema.json' with { type: 'json' };
import second from '../../golden/smarttrip-2.schema.json' with { type: 'json' };
import third from '../../golden/smarttrip-3.schema.json' with { type: 'json' };
import { decisionsOf, fakeBackend } from '../support/backend.ts';
import { coldIsolate } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import { hotels } from '../../support/other-schemas.ts';
import { pointAt, publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { rank } from '../support/rank.ts';
import { makeTrips, openTrips } from '../support/trips.ts';

/** The default schemas of earlier releases. */
const EARLIER = [first, second, third].map((one) => parseSchema(one));

const down = () => Promise.reject(new Error('down for a test'));
const KV_DOWN = { get: down, getWithMetadata: down };
const NO_KEEPER = {
  idFromName: () => 'an id',
  get: () => ({ kept: down, part: down, keep: down }),
};
const LIVE_WEIGHTS_DOWN = {
  idFromName: () => 'an id',
  get: () => ({ adopt: down }),
};

beforeEach(async () => {
  await reset();
  await publishItems(openTrips(3));
});

describe('what ranks when something fails', () => {
  it('is the live version, by way of KV, when LiveWeights is down', async () => {
    await publishScorer('v000001');
    const answer = await rank(coldIsolate({ LIVE_WEIGHTS: LIVE_WEIGHTS_DOWN }));
    expect(answer).toMatchObject({ weights: 'v000001', degraded: false });
    expect(answer.items).toHaveLength(3);
  });

  it('is the version that LiveWeights keeps when the isolate itself cannot read KV', async () => {
    await publishScorer('v000001');
    const isolate = coldIsolate({ WEIGHTS: KV_DOWN });
    expect(await rank(isolate)).toMatchObject({ weights: 'v000001', degraded: false });
  });

  it('is the bundled rules, degraded, before anything is published', async () => {
    const answer = await rank(coldIsolate());
    expect(answer).toMatchObject({ status: 200, weights: 'v000000', degraded: true });
    expect(answer.items).toHaveLength(3);
  });

  it('is the bundled rules, degraded, when LiveWeights and KV are down', async () => {
    await publishScorer('v000001');
    const overrides = { LIVE_WEIGHTS: LIVE_WEIGHTS_DOWN, WEIGHTS: KV_DOWN };
    expect(await rank(coldIsolate(overrides))).toMatchObject({
      weights: 'v000000',
      degraded: true,
    });
  });

  it.each(EARLIER)(
    'is the bundled rules under the catalogue of an earlier default schema, $hash, when LiveWeights and KV are down',
    async (schema) => {
      const trips = makeTrips(40, 3);
      const snapshot = await publishItems(trips, schema);
      await publishScorer('v000001', { schema });
      const backend = fakeBackend();
      const isolate = coldIsolate({ LIVE_WEIGHTS: LIVE_WEIGHTS_DOWN, WEIGHTS: KV_DOWN });
      const body = { sessionId: 'earlier', preferences: { themes: ['ski'], budget: 900 } };
      const answer = await rank(isolate, body);
      const lastResort = { status: 200, weights: 'v000000', degraded: true, snapshot };
      expect(answer).toMatchObject(lastResort);
      const [decision] = await decisionsOf(backend, [answer]);
      expect(decision.schemaHash).toBe(schema.hash);
      const { at: nowMs, seed, limit, request } = decision;
      const { exploration } = smarttrip;
      const rules = additiveFromPoints(schema, schema.rules, {
        version: decision.weights,
        name: 'rules of that schema',
        exploration,
        // How little is known of a cross is today's word as well.
        posterior: unlearned({ ...schema, training: smarttrip.training }, exploration),
      });
      const again = rankSlate(
        rules,
        rankable(packItems(schema.columns, trips)),
        parseLoggedRequest(JSON.parse(request)),
        { limit, seed, nowMs, exploration },
      );
      expect([again.ids, again.units, again.propensities, again.codes]).toEqual([
        decision.itemIds,
        decision.units,
        decision.propensities,
        decision.codes,
      ]);
      // A list of ids is ranked by what the catalogue says of them, and what the schema excludes is not shown.
      const full = trips.filter((trip) => trip.attributes.status === 'full').map(({ id }) => id);
      expect(full.length).toBeGreaterThan(0);
      expect(await rank(isolate, { ...body, candidates: full })).toMatchObject({
        ...lastResort,
        items: [],
      });
    },
  );

  it.each(EARLIER)(
    'is the bundled rules under an earlier default schema, $hash, while the live weights are of another one',
    async (schema) => {
      await publishItems(openTrips(3), schema);
      await publishScorer('v000002', { schema: hotels });
      expect(await rank(coldIsolate())).toMatchObject({
        status: 200,
        weights: 'v000000',
        degraded: true,
        items: [{}, {}, {}],
      });
    },
  );

  it('is nothing, said clearly, where a schema that is no default one has columns of that name', async () => {
    const own = parseSchema({
      ...smarttrip,
      filters: [...smarttrip.filters, { column: 'tripType', exclude: ['staff'] }],
    });
    await publishItems(openTrips(3), own);
    const isolate = coldIsolate({ LIVE_WEIGHTS: LIVE_WEIGHTS_DOWN, WEIGHTS: KV_DOWN });
    expect(await rank(isolate)).toMatchObject({ status: 409, code: 'schema_mismatch' });
  });

  it('never takes the bundled rules for the published weights that share their version', async () => {
    let isDown = true;
    const WEIGHTS = {
      get: (key: string, options: object) => (isDown ? down() : env.WEIGHTS.get(key, options)),
    };
    const isolate = coldIsolate({ LIVE_WEIGHTS: LIVE_WEIGHTS_DOWN, WEIGHTS });
    await publishScorer('v000000', { points: { base: [0, 77] } });
    expect((await rank(isolate)).items[0].score).toBe(30);
    isDown = false;
    await eventually(async () => expect((await rank(isolate)).items[0].score).toBe(77));
  });

  it('is what is in memory, degraded, when LiveWeights and KV go down later', async () => {
    await publishScorer('v000001');
    let isDown = false;
    const isolate = coldIsolate({
      LIVE_WEIGHTS: LIVE_WEIGHTS_DOWN,
      WEIGHTS: {
        get: (...args: Parameters<KVNamespace['get']>) =>
          isDown ? down() : env.WEIGHTS.get(...args),
      },
    });
    expect(await rank(isolate)).toMatchObject({ weights: 'v000001', degraded: false });
    isDown = true;
    await eventually(async () =>
      expect(await rank(isolate)).toMatchObject({ weights: 'v000001', degraded: true }),
    );
    isDown = false;
    await eventually(async () => expect(await rank(isolate)).toMatchObject({ degraded: false }));
  });

  it.each([
    { what: 'names a version that does not exist', spoil: () => pointAt('v000404') },
    { what: 'is not a pointer', spoil: () => pointAt('newest please') },
    { what: 'names a damaged version', spoil: () => damage('v000002') },
    { what: 'names bytes of another version', spoil: () => mislabel('v000003') },
    { what: 'is gone', spoil: () => env.WEIGHTS.delete('active') },
  ])('is the last good version, degraded, when the pointer $what', async ({ spoil }) => {
    await publishScorer('v000001');
    const isolate = coldIsolate();
    await rank(isolate);
    await spoil();
    for (const each of [isolate, coldIsolate()]) {
      await eventually(async () =>
        expect(await rank(each)).toMatchObject({
          status: 200,
          weights: 'v000001',
          degraded: true,
          items: [{}, {}, {}],
        }),
      );
    }
  });

  it('is the last weights that fitted, degraded, when the live ones are of another schema', async () => {
    await publishScorer('v000001');
    const isolate = coldIsolate();
    await rank(isolate);
    await publishScorer('v000002', { schema: hotels });
    await eventually(async () =>
      expect(await rank(isolate)).toMatchObject({ weights: 'v000001', degraded: true }),
    );
    expect(await rank(coldIsolate())).toMatchObject({ weights: 'v000000', degraded: true });
  });

  it('is nothing, said clearly, when no weights at hand fit the catalogue', async () => {
    await publishScorer('v000001');
    const stars = { id: openTrips(1)[0].id, attributes: { stars: 3 } };
    await publishItems([stars], hotels);
    expect(await rank(coldIsolate())).toMatchObject({ status: 409, code: 'schema_mismatch' });
  });

  it.each([
    {
      what: 'a part of it is missing',
      spoil: (hash: string) => env.CATALOGUE.delete(`s/${hash}/1`),
    },
    {
      what: 'a part of it is damaged',
      spoil: (hash: string) => env.CATALOGUE.put(`s/${hash}/0`, 'x'),
    },
    { what: 'its pointer is unreadable', spoil: () => env.CATALOGUE.put('active', '{}') },
  ])('is the last good catalogue, degraded, when of the new one $what', async ({ spoil }) => {
    await publishScorer('v000001');
    const isolate = coldIsolate();
    const { snapshot } = await rank(isolate);
    await spoil(await publishItems(openTrips(2)));
    await eventually(async () =>
      expect(await rank(isolate)).toMatchObject({ snapshot, degraded: true, items: [{}, {}, {}] }),
    );
    expect(await rank(coldIsolate())).toMatchObject({
      status: 200,
      snapshot,
      degraded: true,
      items: [{}, {}, {}],
    });
    expect(await rank(coldIsolate(), { candidates: ['a'] })).toMatchObject({ status: 200 });
  });

  it.each([
    ['fails', () => down()],
    ['never answers', () => new Promise(() => undefined)],
    ['has lost all', () => Promise.resolve(null)],
  ])('is the last good catalogue, degraded, in a cold isolate whose KV %s', async (_, get) => {
    await publishScorer('v000001');
    const { snapshot } = await rank(coldIsolate());
    const isolate = coldIsolate({ CATALOGUE: { get }, WEIGHTS: { get } });
    const answer = await rank(isolate);
    expect(answer).toMatchObject({ status: 200, weights: 'v000001', snapshot, degraded: true });
    expect(answer.items).toHaveLength(3);
    expect(answer.items[0].score).toBe((await rank(coldIsolate())).items[0].score);
  });

  it('is what KV has again, once it answers, in an isolate that began with the last good one', async () => {
    await publishScorer('v000001');
    await rank(coldIsolate());
    let isDown = true;
    const CATALOGUE = {
      get: (...args: Parameters<KVNamespace['get']>) =>
        isDown ? down() : env.CATALOGUE.get(...args),
    };
    const isolate = coldIsolate({ CATALOGUE });
    expect(await rank(isolate)).toMatchObject({ degraded: true, items: [{}, {}, {}] });
    const hash = await publishItems(openTrips(2));
    isDown = false;
    await eventually(async () =>
      expect(await rank(isolate)).toMatchObject({ snapshot: hash, degraded: false }),
    );
  });

  it('is read by a second look where KV has cached a part before it was repaired', async () => {
    await publishScorer('v000001');
    // Copies that are younger than a minute are the repaired ones.
    const CATALOGUE = {
      get: (key: string, options: { cacheTtl: number }) =>
        key.endsWith('/1') && options.cacheTtl > 60
          ? Promise.resolve(null)
          : env.CATALOGUE.get(key, options),
    };
    const answer = await rank(coldIsolate({ CATALOGUE, SNAPSHOT_KEEPER: NO_KEEPER }));
    expect(answer).toMatchObject({ status: 200, degraded: false, items: [{}, {}, {}] });
  });

  it.each([
    ['is absent', () => env.CATALOGUE.delete('active')],
    ['never had items', () => publishItems([])],
    ['is damaged', () => env.CATALOGUE.put('active', 'salt and pepper')],
  ])(
    'is nothing, said clearly and with when to ask again, while the catalogue %s',
    async (_, spoil) => {
      await publishScorer('v000001');
      await spoil();
      const answer = await rank(coldIsolate({ REFRESH_MS: '2500' }));
      expect(answer).toMatchObject({ status: 503, code: 'no_catalogue' });
      expect(answer.message).not.toContain('salt');
      expect(answer.headers.get('retry-after')).toBe('3');
      expect(answer.headers.get('access-control-expose-headers')).toBe('retry-after');
      expect(await rank(coldIsolate(), { candidates: ['a'] })).toMatchObject({ status: 200 });
    },
  );

  it('is an empty ranking of a catalogue that somebody emptied, which is the truth', async () => {
    await publishScorer('v000001');
    const isolate = coldIsolate();
    await rank(isolate);
    const snapshot = await publishItems([], undefined, { emptied: true });
    const empty = { status: 200, items: [], snapshot, degraded: false };
    await eventually(async () => expect(await rank(isolate)).toMatchObject(empty));
    expect(await rank(coldIsolate())).toMatchObject(empty);
    expect(await rank(coldIsolate({ CATALOGUE: KV_DOWN }))).toMatchObject({
      ...empty,
      degraded: true,
    });
  });

  it('is that empty ranking also where the first items were taken away before anybody saw them', async () => {
    await publishScorer('v000001');
    await publishItems([]);
    const isolate = coldIsolate();
    expect(await rank(isolate)).toMatchObject({ status: 503 });
    const snapshot = await publishItems([], undefined, { emptied: true });
    await eventually(async () => expect(await rank(isolate)).toMatchObject({ status: 200 }));
    await eventually(async () =>
      expect(await rank(coldIsolate({ CATALOGUE: KV_DOWN }))).toMatchObject({
        status: 200,
        items: [],
        snapshot,
      }),
    );
  });

  it('is asked for its first items as soon as they are there', async () => {
    await publishScorer('v000001');
    await publishItems([]);
    const isolate = coldIsolate();
    expect(await rank(isolate)).toMatchObject({ status: 503 });
    await publishItems(openTrips(2));
    await eventually(async () => expect(await rank(isolate)).toMatchObject({ items: [{}, {}] }));
  });
});

async function damage(version: string) {
  await storeScorer(version);
  const bytes = new Uint8Array((await env.WEIGHTS.get(`w/${version}`, 'arrayBuffer')) ?? []);
  bytes[bytes.length >> 1] ^= 1;
  await env.WEIGHTS.put(`w/${version}`, bytes);
  await pointAt({ champion: version });
}

async function mislabel(version: string) {
  await env.WEIGHTS.put(`w/${version}`, (await env.WEIGHTS.get('w/v000001', 'arrayBuffer')) ?? '');
  await pointAt({ champion: version });
}
