import { beforeAll, describe, expect, it } from 'vitest';
import { coldIsolate, PUBLISHABLE, SECRET, type Isolate } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { rank } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

const delta = { feature: 'base', bucket: 1, points: 2.5 };
let isolate: Isolate;

beforeAll(async () => {
  await publishItems(openTrips(2));
  await publishScorer('v000001');
  isolate = coldIsolate();
});

async function post(body: unknown, key = SECRET) {
  const response = await isolate.fetch('/v1/live/deltas', { key, body });
  return { status: response.status, ...(await response.json<object>()) };
}

describe('POST /v1/live/deltas', () => {
  it('reaches the isolates of the cell within their refresh interval', async () => {
    expect((await rank(isolate)).items[0].score).toBe(30);
    expect(await post({ baseVersion: 'v000001', deltas: [delta] })).toEqual({
      status: 200,
      version: 'v000001',
      delta: 1,
    });
    await eventually(async () => expect((await rank(isolate)).items[0].score).toBe(32.5));
    const version = await isolate.fetch('/v1/version', { key: SECRET });
    expect(await version.json()).toMatchObject({ weights: 'v000001', delta: 1 });
  });

  it('takes a batch that replaces those before, however often it comes', async () => {
    const body = { baseVersion: 'v000001', deltas: [{ ...delta, points: -4 }], replaces: true };
    await post({ baseVersion: 'v000001', deltas: [delta] });
    await post(body);
    expect(await post(body)).toMatchObject({ status: 200, version: 'v000001' });
    await eventually(async () => expect((await rank(isolate)).items[0].score).toBe(26));
  });

  it('takes one batch for several cells, under a number by which decisions name it', async () => {
    const body = {
      baseVersion: 'v000001',
      deltas: [{ ...delta, points: -7 }],
      replaces: true,
      number: 4711,
    };
    expect(await post({ ...body, cells: ['EU', 'NA', 'local'] })).toEqual({
      status: 200,
      version: 'v000001',
      cells: ['EU', 'NA', 'local'].map((cell) => ({ cell, delta: 4711 })),
    });
    await eventually(async () => expect((await rank(isolate)).items[0].score).toBe(23));
    const version = await isolate.fetch('/v1/version', { key: SECRET });
    expect(await version.json()).toMatchObject({ delta: 4711, numbersDeltas: true });
    expect(await post({ ...body, cell: 'EU' })).toMatchObject({ status: 200, delta: 4711 });
    // Without one it counts on.
    const { number: _, ...counted } = body;
    expect(await post({ ...counted, cell: 'EU' })).toMatchObject({ status: 200, delta: 4712 });
  });

  it('adds a batch once to a cell that is named twice', async () => {
    const cells = ['twice', 'twice'];
    const body = { baseVersion: 'v000001', deltas: [delta] };
    const first = await post({ ...body, cells });
    const then = await post({ ...body, cell: 'twice' });
    expect([first, then]).toEqual([
      { status: 200, version: 'v000001', cells: [{ cell: 'twice', delta: 1 }] },
      { status: 200, version: 'v000001', delta: 2 },
    ]);
  });

  it('says of each cell why it refuses a batch', async () => {
    const body = { baseVersion: 'v000009', deltas: [delta], cells: ['EU', 'NA'], number: 1 };
    const refused = expect.stringMatching(/based on v000009, but v000001 is live/);
    expect(await post(body)).toMatchObject({
      status: 200,
      cells: [
        { cell: 'EU', refused },
        { cell: 'NA', refused },
      ],
    });
  });

  it.each([
    ['no object', 7, 400],
    ['no cells', { baseVersion: 'v000001', deltas: [delta], cells: [] }, 400],
    [
      'a cell of several that is no name',
      { baseVersion: 'v000001', deltas: [delta], cells: ['EU', 'a b'] },
      400,
    ],
    [
      'a number that no decision has room for',
      { baseVersion: 'v000001', deltas: [delta], number: 2 ** 32 },
      400,
    ],
    ['no base version', { deltas: [delta] }, 400],
    ['no deltas', { baseVersion: 'v000001', deltas: [] }, 400],
    ['a delta of nothing', { baseVersion: 'v000001', deltas: [null] }, 400],
    [
      'a bucket that is named so often that its sum leaves 32 bits',
      {
        baseVersion: 'v000001',
        deltas: Array.from({ length: 64 }, () => ({ ...delta, points: 2047 })),
      },
      400,
    ],
    ['points in words', { baseVersion: 'v000001', deltas: [{ ...delta, points: '1' }] }, 400],
    ['a word for yes', { baseVersion: 'v000001', deltas: [delta], replaces: 'yes' }, 400],
    [
      'a holdout with a colon in its name',
      { baseVersion: 'v000001', deltas: [delta], holdout: { id: 'a:b', share: 0.1, salt: 'x' } },
      400,
    ],
    [
      'a holdout of twice all sessions',
      { baseVersion: 'v000001', deltas: [delta], holdout: { id: 'a', share: 2, salt: 'x' } },
      400,
    ],
    ['a cell that is no name', { baseVersion: 'v000001', deltas: [delta], cell: 'a b' }, 400],
    ['a stale base', { baseVersion: 'v000009', deltas: [delta] }, 409],
  ])('refuses %s', async (_, body, status) => {
    expect(await post(body)).toMatchObject({ status, message: expect.any(String) });
  });

  it('needs a secret key', async () => {
    const body = { baseVersion: 'v000001', deltas: [delta] };
    expect(await post(body, PUBLISHABLE)).toMatchObject({ status: 403, code: 'forbidden' });
  });
});
