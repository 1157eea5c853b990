import { setTimeout as sleep } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { audit, publications } from '../../backend/store/tables.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { call, liveAtEdge, openDatabase, putItems, rank } from '../support/client.ts';
import { sized } from '../support/size.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

const SEED = Date.now() % 2 ** 31;
/** The next backend leads when the lease of the killed one is over, after half a minute. */
const KILLS = sized({ small: 0, full: 1, hours: 4 });
/** As many catalogues in turn that each was deleted from KV before it comes back. */
const CATALOGUES = 4;

const trips = demoCatalogue(100, 1, Date.now());

let system: System;
let database: ReturnType<typeof openDatabase>;
beforeAll(async () => {
  system = await startSystem({
    config: { kv: { keepHours: 1 / 3600, keepVersions: 1, cleanSchedule: '* * * * * *' } },
  });
  database = openDatabase(system);
  await putItems(system, trips);
});
afterAll(async () => {
  database?.close();
  await system?.stop();
});

const deletions = async () =>
  (await database.db.select().from(audit).where(eq(audit.action, 'delete from KV'))).length;
const isInKv = async (key: string): Promise<boolean> =>
  (await system.edge.ask(`/v1/kv/${key}`, { key: system.keys.secretKey })).status === 200;

/** Puts a catalogue in that is another than the live one, and returns once the edge ranks it. */
async function adopt(n: number): Promise<void> {
  const { snapshot: before } = await liveAtEdge(system);
  await call(system, 'PUT', '/v1/items', [{ ...trips[0], price: 500 + n }]);
  await until(`the edge has catalogue ${n}`, async () => {
    const { snapshot } = await liveAtEdge(system);
    const status = await call<{ snapshot: { hash: string } }>(system, 'GET', '/v1/status');
    return snapshot !== before && status.snapshot.hash === snapshot;
  });
}

describe(`superseded catalogues, with ${KILLS} times kill -9 of the backend (seed ${SEED})`, () => {
  it('leave KV, and the live one is always there', { timeout: 900_000 }, async () => {
    const random = seededRandom(SEED);
    let n = 0;
    const untilDeleted = async () => {
      const before = await deletions();
      await until('something is deleted', async () => {
        await adopt(n++ % CATALOGUES);
        return (await deletions()) > before;
      });
    };
    for (let kill = 0; kill < KILLS; kill++) {
      await untilDeleted();
      await sleep(300 * random());
      await system.backend.kill9();
      await system.backend.start();
    }
    await untilDeleted();
    // On a busy machine a few were enough until now: each of them is to have been live before the last.
    while (n < CATALOGUES) await adopt(n++);
    await adopt(n % CATALOGUES);
    const { snapshot: live } = await liveAtEdge(system);
    // An edge that starts anew has nothing in memory.
    await system.edge.kill9();
    await system.edge.start();
    const ranking = await until('a new edge ranks', () => rank(system, { sessionId: 's' }));
    expect(ranking).toMatchObject({ snapshot: live, degraded: false });
    await until('only the live one and the one before it are in KV', async () => {
      const rows = await database.db.select().from(publications);
      const parts = rows.map(({ key }) => key).filter((key) => key.startsWith('CATALOGUE/s/'));
      const there = await Promise.all(parts.map(isInKv));
      expect(parts.length).toBeGreaterThanOrEqual(CATALOGUES);
      return there.filter(Boolean).length === 2;
    });
    expect(await isInKv(`CATALOGUE/s/${live}/0`)).toBe(true);
  });
});
