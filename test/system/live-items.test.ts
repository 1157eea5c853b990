import { afterAll, beforeAll, expect, it } from 'vitest';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { call, putItems, rank } from '../support/client.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

let system: System;
const trips = demoCatalogue(3000, 1, Date.now());

beforeAll(async () => {
  system = await startSystem({ edgeEnv: { SHIP_INTERVAL_MS: '200', REFRESH_MS: '200' } });
  await putItems(system, trips);
});
afterAll(async () => {
  await system?.stop();
});

const CHEAP = { budget: 2 };

/** What the catalogue's pointer names. */
async function patches(): Promise<number> {
  const answer = await system.edge.ask('/v1/kv/CATALOGUE/active', { key: system.keys.secretKey });
  return (answer.json<{ patches?: unknown[] }>().patches ?? []).length;
}

it(
  'a changed price changes the ranking soon, by a patch; a withdrawn trip is gone; and each ranking is drawn again from the log',
  { timeout: 600_000 },
  async () => {
    const before = await rank(system, { sessionId: 'a', preferences: CHEAP, limit: 50 });
    const shown = new Set(before.items.map(({ id }) => id));
    const others = trips.filter(({ id, status }) => !shown.has(id) && status === 'open');
    const cheap = others.slice(-5).map(({ id }) => ({ id, price: 1 }));
    const beganMs = performance.now();
    const changed = await call<{ changed: number }>(system, 'PATCH', '/v1/items', cheap);
    expect(changed.changed).toBe(5);
    const after = await until('the edge ranks by the new prices', async () => {
      const now = await rank(system, { sessionId: 'b', preferences: CHEAP, limit: 50 });
      return now.snapshot !== before.snapshot && now;
    });
    if (process.env.TRIMTAB_TIMES !== undefined)
      console.log(`from the change to the ranking: ${Math.round(performance.now() - beganMs)} ms`);
    expect(await patches()).toBe(1);
    const priced = await rank(system, {
      sessionId: 'c',
      filters: { column: 'price', to: 1 },
      limit: 10,
    });
    expect(priced.items.map(({ id }) => id).toSorted()).toEqual(
      cheap.map(({ id }) => id).toSorted(),
    );
    await call(system, 'POST', '/v1/items/delete', { ids: [cheap[0].id] });
    await until('a trip is gone', async () => {
      const now = await rank(system, { sessionId: 'd', filters: { column: 'price', to: 1 } });
      return now.items.length === 4;
    });
    expect(await patches()).toBe(2);
    for (const { rankingId } of [before, after, priced]) {
      const past = await until(`${rankingId} is logged`, async () => {
        const answer = await system.backend.ask(`/v1/rankings/${rankingId}`, {
          key: system.keys.secretKey,
        });
        return answer.status === 200 && answer.json<{ rebuilt: { kind: string } }>();
      });
      expect(past.rebuilt).toMatchObject({ kind: 'same' });
    }
  },
);
