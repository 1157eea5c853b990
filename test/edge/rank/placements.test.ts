import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { championArmOf } from '../../../shared/domain/pointer-at.ts';
import { parseVersion } from '../../../shared/domain/ids.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { decisionsOf, fakeBackend } from '../support/backend.ts';
import { coldIsolate, SECRET, type Isolate } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import { experimentOf, layerOf } from '../support/experiments.ts';
import { homely, hotels } from '../../support/other-schemas.ts';
import { pointAt, publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { rank } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

interface Version {
  readonly placements?: unknown;
  readonly degraded: boolean;
  readonly problems: readonly string[];
  readonly experiments: readonly string[];
}

let isolate: Isolate;
const at = (placement?: string, fields: object = {}) =>
  rank(isolate, { sessionId: 's-1', ...(placement && { placement }), ...fields });

beforeAll(async () => {
  await publishItems(openTrips(6));
  await publishScorer('v000001');
  await storeScorer('v000002', { points: { base: [0, 7] } });
  await storeScorer('v000003', { points: { base: [0, 9] } });
  await storeScorer('v000004', { schema: hotels });
  await storeScorer('v000005', { schema: homely });
});
beforeEach(() => {
  isolate = coldIsolate();
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a placement with a lineage of its own', () => {
  it('is ranked by its own champion, and every other placement by the default one', async () => {
    await pointAt({ champion: 'v000001', placements: { home: { champion: 'v000002' } } });
    await eventually(async () => expect((await at('home')).weights).toBe('v000002'));
    for (const other of [undefined, 'search', 'constructor'])
      expect((await at(other)).weights).toBe('v000001');
    const { status, body } = await version();
    expect({ status, placements: body.placements, degraded: body.degraded }).toEqual({
      status: 200,
      degraded: false,
      placements: {
        home: {
          weights: 'v000002',
          schemaHash: smarttrip.hash,
          hold: false,
          degraded: false,
        },
      },
    });
  });

  it('is logged with the version that ranked, and with the revision that said so', async () => {
    const backend = fakeBackend();
    await pointAt({
      champion: 'v000001',
      revision: 41,
      placements: { home: { champion: 'v000002' }, search: { champion: 'v000003' } },
    });
    // The pointer of the test before says the same of `home`: `search` tells that this one is followed.
    await eventually(async () => expect((await at('search')).weights).toBe('v000003'));
    await eventually(async () => expect((await at('home')).weights).toBe('v000002'));
    const answers = [await at('home'), await at('search'), await at('main')];
    const logged = (await decisionsOf(backend, answers)).map(
      ({ weights, context, pointerRevision }) => [context?.placement, weights, pointerRevision],
    );
    expect(logged).toEqual([
      ['home', 'v000002', 41],
      ['search', 'v000003', 41],
      ['main', 'v000001', 41],
    ]);
  });

  it('has a rollback of its own, and follows one that is made for everybody by a bare id', async () => {
    const placements = { home: { champion: 'v000002' }, search: { champion: 'v000003' } };
    await pointAt({ champion: 'v000001', placements });
    await eventually(async () => expect((await at('home')).weights).toBe('v000002'));
    await pointAt({
      champion: 'v000001',
      placements: { ...placements, home: { champion: 'v000000', hold: true } },
    });
    await storeScorer('v000000');
    await eventually(async () => expect((await at('home')).weights).toBe('v000000'));
    expect((await at('search')).weights).toBe('v000003');
    expect((await at()).weights).toBe('v000001');
    await pointAt('v000003');
    await eventually(async () => expect((await at('home')).weights).toBe('v000003'));
    expect((await at()).weights).toBe('v000003');
  });

  it('keeps ranking where its version cannot be read, by the default lineage and as degraded', async () => {
    await pointAt({ champion: 'v000001', placements: { home: { champion: 'v000099' } } });
    await eventually(async () =>
      expect(await at('home')).toMatchObject({ status: 200, weights: 'v000001', degraded: true }),
    );
    expect(await at('search')).toMatchObject({ weights: 'v000001', degraded: false });
    expect((await version()).body.problems.join()).toMatch(/placement home .* v000099/);
  });

  it('may have features of its own over the same columns, for the catalogue and for candidates', async () => {
    await pointAt({ champion: 'v000001', placements: { home: { champion: 'v000005' } } });
    await eventually(async () => expect((await at('home')).weights).toBe('v000005'));
    const answer = await at('home', { explain: true, limit: 3 });
    expect(answer).toMatchObject({ status: 200, degraded: false });
    expect(answer.items).toHaveLength(3);
    const listed = await at('home', {
      candidates: openTrips(6).map(({ id }) => ({ id })),
      explain: true,
    });
    expect(listed).toMatchObject({ status: 200, weights: 'v000005', degraded: false });
    expect(listed.items[0].reasons?.some(({ feature }) => feature === 'again')).toBe(true);
  });

  it('is ranked by the default lineage where its schema has other columns', async () => {
    await pointAt({ champion: 'v000001', placements: { home: { champion: 'v000004' } } });
    await eventually(async () =>
      expect(await at('home')).toMatchObject({ status: 200, weights: 'v000001', degraded: true }),
    );
    expect(await at()).toMatchObject({ weights: 'v000001', degraded: false });
  });

  it('takes online deltas under a name of its own, and drops them where it is held', async () => {
    await pointAt({ champion: 'v000001', placements: { home: { champion: 'v000002' } } });
    const arm = championArmOf('home');
    const object = env.LIVE_WEIGHTS.get(env.LIVE_WEIGHTS.idFromName(`placed:${arm}`));
    const delta = [{ feature: 'base', bucket: 1, points: 1 }];
    await eventually(async () =>
      expect(await object.applyDelta(arm, parseVersion('v000002'), delta)).toMatchObject({
        version: 'v000002',
        delta: expect.any(Number),
      }),
    );
    await pointAt({
      champion: 'v000001',
      placements: { home: { champion: 'v000002', hold: true } },
    });
    await eventually(async () => expect((await object.adopt(arm)).delta).toBe(0));
    const refused = await object.applyDelta(arm, parseVersion('v000002'), delta);
    expect(refused).toMatchObject({ refused: { code: 'held' } });
  });
});

describe('experiments of placements', () => {
  const arms = { 'exp_h:control': 'v000002', 'exp_h:treatment': 'v000003' };
  const layers = [layerOf('home', [experimentOf('exp_h')], 'session')];

  it('serves the arms of a lineage there and nowhere else', async () => {
    await pointAt({
      champion: 'v000001',
      at: 1,
      placements: { home: { champion: 'v000002', arms, layers } },
    });
    await eventually(async () => {
      const answers = await Promise.all(
        Array.from({ length: 24 }, (_, i) => at('home', { sessionId: `s-${i}` })),
      );
      expect(new Set(answers.map(({ weights }) => weights))).toEqual(
        new Set(['v000002', 'v000003']),
      );
      expect(answers.every(({ experiment }) => experiment === 'exp_h')).toBe(true);
    });
    const elsewhere = await at('search');
    expect(elsewhere.weights).toBe('v000001');
    expect(elsewhere.experiment).toBeUndefined();
    expect((await version()).body.experiments).toEqual(['exp_h']);
  });

  it('lets only rankings of the placements that an experiment names enter it', async () => {
    const named = { ...experimentOf('exp_n'), placements: ['search', 'email'] };
    const own = { 'exp_n:control': 'v000002', 'exp_n:treatment': 'v000003' };
    await pointAt({
      champion: 'v000001',
      at: 2,
      arms: own,
      placedLayers: [layerOf('ranking', [named], 'session')],
    });
    await eventually(async () => expect((await at('search')).experiment).toBe('exp_n'));
    expect((await at('email')).experiment).toBe('exp_n');
    for (const other of [undefined, 'home']) {
      const { weights, experiment } = await at(other);
      expect({ weights, experiment }).toEqual({ weights: 'v000001', experiment: undefined });
    }
  });
});

async function version() {
  const response = await isolate.fetch('/v1/version', { key: SECRET });
  return { status: response.status, body: await response.json<Version>() };
}
