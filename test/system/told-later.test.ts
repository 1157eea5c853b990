import { afterAll, beforeAll, expect, it } from 'vitest';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { call, clickOn, putItems, rank, type Ranking } from '../support/client.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

let system: System;

beforeAll(async () => {
  system = await startSystem({ edgeEnv: { SHIP_INTERVAL_MS: '200' } });
  await putItems(system, demoCatalogue(200, 1, Date.now()));
});
afterAll(() => system?.stop());

const visit = (name: string) => rank(system, { sessionId: name, userId: `user-${name}`, limit: 4 });
const takesPart = ({ exposures, experiment }: Ranking & Record<string, unknown>) =>
  exposures !== undefined || experiment !== undefined;

/** What the page of items says of one, once it does. */
async function booked(itemId: string, bookings: number, revenue: number) {
  await until(`${itemId} has ${bookings} bookings worth ${revenue}`, async () => {
    // Answers are shared for half a minute, by what is asked for.
    const limit = 100 + (looks++ % 900);
    const { items } = await call<{
      items: { itemId: string; bookings: number; revenue: number }[];
    }>(system, 'GET', `/v1/business/items?days=7&limit=${limit}`);
    const own = items.find((one) => one.itemId === itemId);
    return own?.bookings === bookings && own.revenue === revenue;
  });
}
let looks = 0;

it(
  'an experiment grows by its ramp as visitors of the edge come, and what the site’s server tells of their orders later counts',
  { timeout: 600_000 },
  async () => {
    const { id } = await call<{ id: string }>(system, 'POST', '/v1/experiments', {
      name: 'ramped',
      layer: 'ramped',
      unit: 'session',
      arms: [
        { name: 'control', weight: 1 },
        { name: 'flat', weight: 1, exploration: { temperature: 10, epsilon: 0.1, poolSize: 50 } },
      ],
      ramp: [{ traffic: 0.2 }, { traffic: 1, afterSearches: 1 }],
      start: true,
    });
    let n = 0;
    await until('a visitor takes part', async () => takesPart(await visit(`early-${n++}`)));

    // Ramps are looked at once a minute. Meanwhile one visitor books on the page, and one by phone.
    const [onPage, byPhone] = [await visit('page'), await visit('phone')];
    const [item, other] = [onPage.items[0].id, byPhone.items[1].id];
    const sent = await system.edge.ask('/v1/events', {
      key: system.keys.publishableKey,
      body: {
        events: [
          clickOn(onPage, item),
          {
            ...clickOn(onPage, item),
            type: 'booking',
            value: 900,
            properties: { orderId: 'B-1' },
          },
        ],
      },
    });
    expect(sent.status).toBe(202);
    await booked(item, 1, 900);
    const at = Date.now();
    const lines = [
      { lineId: '1', orderId: 'B-1', kind: 'refund', value: 250, at },
      {
        lineId: '2',
        orderId: 'P-1',
        kind: 'booking',
        value: 400,
        at,
        userId: 'user-phone',
        itemId: other,
      },
    ];
    const told = await call<{ lines: { is: string }[] }>(system, 'POST', '/v1/orders', lines);
    expect(told).toMatchObject({ lines: [{ is: 'stored' }, { is: 'stored' }] });
    await booked(item, other === item ? 2 : 1, other === item ? 650 : 250);
    await booked(other, other === item ? 2 : 1, other === item ? 650 : 400);

    await until('the ramp has taken its step', async () => {
      const { traffic } = await call<{ traffic: number }>(system, 'GET', `/v1/experiments/${id}`);
      return traffic === 1;
    });
    await until('everybody takes part', async () => {
      const visits = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(() => visit(`late-${n++}`)));
      return visits.every(takesPart);
    });
  },
);
