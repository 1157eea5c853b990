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
const KILLS = sized({ small: 2, full: 6, hours: 40 });

let system: System;
let log: StoredLog;

beforeAll(async () => {
  system = await startSystem();
  await putItems(system, demoCatalogue(200, 1, Date.now()));
  log = openStoredLog(system);
});
afterAll(async () => {
  log?.close();
  await system?.stop();
});

describe(`kill -9 of workerd, ${KILLS} times, during collection (seed ${SEED})`, () => {
  it('loses no event that got a 202, and stores none twice', { timeout: 900_000 }, async () => {
    const random = seededRandom(SEED);
    const load = await underLoad(system, SEED, async (soFar) => {
      for (let kill = 0; kill < KILLS; kill++) {
        const before = soFar.accepted.size;
        await until('events are taken', async () => soFar.accepted.size > before + 20);
        await sleep(300 * random());
        await system.edge.kill9();
        await sleep(100 * random());
        await system.edge.start();
      }
    });
    await until('all that got a 202 is stored', async () => {
      const stored = new Set((await log.events()).map(({ eventId }) => eventId));
      return [...load.accepted.keys()].every((eventId) => stored.has(eventId));
    });
    const stored = await log.events();
    const ids = stored.map(({ eventId }) => eventId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Map(stored.map((event) => [event.eventId, event]))).toEqual(
      new Map([...load.sent].filter(([eventId]) => ids.includes(eventId))),
    );
    expect(await log.eventsInBatches()).toBe(stored.length);
    expect(load.accepted.size).toBeGreaterThan(10 * KILLS);
  });
});
