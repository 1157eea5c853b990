import { beforeAll, describe, expect, it, vi, afterEach } from 'vitest';
import { fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate, PUBLISHABLE, SECRET } from '../support/edge.ts';
import { hotels } from '../../support/other-schemas.ts';
import { publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { rank } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

const pin = (version: string, key = SECRET) => ({ key, headers: { 'x-trimtab-version': version } });

beforeAll(async () => {
  await publishItems(openTrips(3));
  await publishScorer('v000001');
  await storeScorer('v000002', { points: { base: [0, 7] } });
  await storeScorer('v000003', { schema: hotels });
});

afterEach(() => vi.restoreAllMocks());

describe('ranking with a pinned version', () => {
  it('uses that version and leaves the live one live', async () => {
    const isolate = coldIsolate();
    expect(await rank(isolate, {}, pin('v000002'))).toMatchObject({
      weights: 'v000002',
      degraded: false,
      items: [{ score: 7 }, { score: 7 }, { score: 7 }],
    });
    expect((await rank(isolate)).weights).toBe('v000001');
  });

  it('is logged like any decision', async () => {
    const backend = fakeBackend();
    const { rankingId } = await rank(coldIsolate(), {}, pin('v000002'));
    await shipAll();
    const decisions = backend.sent.flatMap((batch) => batch.decisions);
    expect(decisions.find((decision) => decision.rankingId === rankingId)?.weights).toBe('v000002');
  });

  it.each([
    {
      when: 'with a publishable key',
      ask: pin('v000002', PUBLISHABLE),
      status: 403,
      code: 'forbidden',
    },
    {
      when: 'to a version that was never published',
      ask: pin('v000099'),
      status: 404,
      code: 'unknown_version',
    },
    { when: 'to what is no version', ask: pin('latest'), status: 400, code: 'invalid_request' },
    {
      when: 'to weights of another schema than the catalogue',
      ask: pin('v000003'),
      status: 409,
      code: 'schema_mismatch',
    },
  ])('is refused $when', async ({ ask, status, code }) => {
    expect(await rank(coldIsolate(), {}, ask)).toMatchObject({ status, code });
  });

  it('ranks given candidates by weights of another schema than the catalogue', async () => {
    const candidates = [
      { id: 'plain', stars: 1 },
      { id: 'grand', stars: 5 },
    ];
    expect(await rank(coldIsolate(), { candidates }, pin('v000003'))).toMatchObject({
      weights: 'v000003',
      items: [{ id: 'grand' }, { id: 'plain' }],
    });
  });
});
