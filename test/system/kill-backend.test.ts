import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { putItems } from '../support/client.ts';
import { underLoad } from '../support/load.ts';
import { sized } from '../support/size.ts';
import { openStoredLog, type StoredLog } from '../support/stored-log.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

const SEED = Date.now() % 2 ** 31;
const KILLS = sized({ small: 2, full: 4, hours: 40 });

let system: System;
let log: StoredLog;

beforeAll(async () => {
  system = await startSystem({ edgeEnv: { SHIP_INTERVAL_MS: '10' } });
  await putItems(system, demoCatalogue(200, 1, Date.now()));
  log = openStoredLog(system);
});
afterAll(async () => {
  log?.close();
  await system?.stop();
});

describe(`kill -9 of the backend, ${KILLS} times, during ingest (seed ${SEED})`, () => {
  it('loses nothing and stores nothing twice', { timeout: 900_000 }, async () => {
    const random = seededRandom(SEED);
    const load = await underLoad(system, SEED, async () => {
      for (let kill = 0; kill < KILLS; kill++) {
        const before = await log.batchCount();
        await until('ingest is under way', async () => (await log.batchCount()) > before);
        await sleep(150 * random());
        await system.backend.kill9();
        await sleep(200 * random());
        await system.backend.start();
      }
    });
    await until('all that was answered is stored', async () => {
      const [events, decisions] = [await log.eventCount(), await log.decisionCount()];
      return events >= load.accepted.size && decisions >= load.ranked.size;
    });
    const byId = (a: { eventId: string }, b: { eventId: string }) =>
      a.eventId < b.eventId ? -1 : 1;
    expect(load.accepted).toEqual(load.sent);
    expect((await log.events()).toSorted(byId)).toEqual([...load.accepted.values()].toSorted(byId));
    expect((await log.rankingIds()).toSorted()).toEqual([...load.ranked.keys()].toSorted());
    expect(await log.eventsInBatches()).toBe(load.accepted.size);
    expect(load.accepted.size).toBeGreaterThan(10 * KILLS);
  });
});
