import fc from 'fast-check';
import { asc } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { updateAlerts } from '../../../backend/monitor/alerts.ts';
import type { Finding } from '../../../backend/monitor/finding.ts';
import { listAlerts } from '../../../backend/monitor/list-alerts.ts';
import { openStore, type Store } from '../../../backend/store/open.ts';
import { alerts } from '../../../backend/store/tables.ts';
import { openLog, type Log } from '../log/support/log.ts';
import { runs } from '../../shared/support/seed.ts';

const MINUTE = 60_000;
const CLEAR = { clearMs: 10 * MINUTE };

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

const drifted = (message = 'it drifted', key = 'drift'): Finding => ({
  key,
  kind: 'drift',
  message,
  details: { psi: 0.4 },
});
const rows = (store: Store = log.store) => store.db.select().from(alerts).orderBy(asc(alerts.id));
const look = (minute: number, ...findings: Finding[]) =>
  updateAlerts(log.store, findings, ['drift'], minute * MINUTE, CLEAR);

test('a condition opens one alert, which lasts as long as it does and says the latest of it', async () => {
  expect((await look(0, drifted())).opened).toHaveLength(1);
  expect((await look(5, drifted('more'))).opened).toEqual([]);
  expect(await rows()).toMatchObject([
    { key: 'drift', message: 'more', openedAt: 0, lastSeenAt: 5 * MINUTE, resolvedAt: null },
  ]);
});

test('it is over once it was gone for the declared time, at every check', async () => {
  await look(0, drifted());
  expect((await look(5)).recovered).toEqual([]);
  expect((await look(14)).recovered).toEqual([]);
  expect((await look(15)).recovered).toMatchObject([{ key: 'drift' }]);
  expect((await look(20)).recovered).toEqual([]);
  expect(await rows()).toMatchObject([{ clearSince: 5 * MINUTE, resolvedAt: 15 * MINUTE }]);
});

test('one that comes and goes is one alert, and one recovery', async () => {
  let [opened, recovered] = [0, 0];
  for (let minute = 0; minute < 100; minute += 5) {
    const changed = await look(minute, ...(minute % 10 === 0 ? [drifted()] : []));
    opened += changed.opened.length;
    recovered += changed.recovered.length;
  }
  for (let minute = 100; minute < 130; minute += 5)
    recovered += (await look(minute)).recovered.length;
  expect({ opened, recovered }).toEqual({ opened: 1, recovered: 1 });
});

test('what a clock far ahead left does not keep an alert open once the clock is right again', async () => {
  await look(0, drifted());
  await look(400 * 24 * 60);
  await look(10);
  expect((await look(20)).recovered).toMatchObject([{ key: 'drift' }]);
});

test('time without a check is no time without the condition', async () => {
  await look(0, drifted());
  // The backend was down for a day.
  expect((await look(1440)).recovered).toEqual([]);
  expect((await look(1450)).recovered).toHaveLength(1);
});

test('what was not checked, or could not be told, stays as it is', async () => {
  await look(0, drifted(), drifted('too', 'drift of b'));
  await updateAlerts(log.store, [], ['ingest lag'], 100 * MINUTE, CLEAR);
  const unknown = { clearMs: 0, unknown: ['drift of b'] };
  const { recovered } = await updateAlerts(log.store, [], ['drift'], 200 * MINUTE, unknown);
  expect(recovered.map(({ key }) => key)).toEqual(['drift']);
  expect(await listAlerts(log.store, { all: false, limit: 9 })).toMatchObject([
    { key: 'drift of b' },
  ]);
});

test('after a restart the alert that was open is the one that is', async () => {
  await look(0, drifted());
  const again = await openStore(log.database);
  const { opened } = await updateAlerts(again, [drifted()], ['drift'], MINUTE, CLEAR);
  expect(opened).toEqual([]);
  expect(await rows(again)).toHaveLength(1);
  await again.close();
});

test('the same condition, later, is a new alert', async () => {
  await updateAlerts(log.store, [drifted()], ['drift'], 0, { clearMs: 0 });
  await updateAlerts(log.store, [], ['drift'], 1, { clearMs: 0 });
  expect(
    (await updateAlerts(log.store, [drifted()], ['drift'], 2, { clearMs: 0 })).opened,
  ).toHaveLength(1);
  expect(await rows()).toMatchObject([{ resolvedAt: 1 }, { resolvedAt: null, openedAt: 2 }]);
});

describe('two backends', () => {
  let other: Store;
  beforeEach(async () => {
    other = await openStore(log.database);
  });
  afterEach(() => other.close());

  test('that find the same at once open one alert and close it once', async () => {
    for (let round = 0; round < 5; round++) {
      const at = round * 10;
      const both = (findings: Finding[], nowMs: number) =>
        Promise.all(
          [log.store, other].map((store) =>
            updateAlerts(store, findings, ['drift'], nowMs, { clearMs: 0 }),
          ),
        );
      const opened = await both([drifted()], at);
      expect(opened.flatMap((changed) => changed.opened)).toHaveLength(1);
      const over = await both([], at + 1);
      expect(over.flatMap((changed) => changed.recovered)).toHaveLength(1);
    }
    expect(await rows()).toHaveLength(5);
  });
});

test('what another backend has found again since it was read is not closed', async () => {
  await look(0, drifted());
  await look(5);
  const other = await openStore(log.database);
  const slow: Store = {
    ...log.store,
    async write(statements) {
      await updateAlerts(other, [drifted('again')], ['drift'], 20 * MINUTE, CLEAR);
      return log.store.write(statements);
    },
  };
  expect((await updateAlerts(slow, [], ['drift'], 20 * MINUTE, CLEAR)).recovered).toEqual([]);
  expect(await rows()).toMatchObject([{ message: 'again', resolvedAt: null, clearSince: null }]);
  await other.close();
});

test('opens and closes as a model of it says, whatever is found, checked and unknown', async () => {
  const keys = ['a', 'b', 'c'];
  const step = fc.record({
    minutes: fc.integer({ min: 1, max: 12 }),
    found: fc.subarray(keys),
    unknown: fc.subarray(keys),
    checked: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      await log.store.write([log.store.db.delete(alerts)]);
      const open = new Map<string, number | undefined>();
      let minute = 0;
      for (const { minutes, found, unknown, checked } of steps) {
        minute += minutes;
        const [opened, over]: string[][] = [[], []];
        for (const key of keys) {
          if (found.includes(key)) {
            if (!open.has(key)) opened.push(key);
            open.set(key, undefined);
          } else if (open.has(key) && checked && !unknown.includes(key)) {
            const since = open.get(key) ?? minute;
            open.set(key, since);
            if (minute - since >= 10) {
              open.delete(key);
              over.push(key);
            }
          }
        }
        const changed = await updateAlerts(
          log.store,
          found.map((key) => drifted(key, key)),
          checked ? ['drift'] : [],
          minute * MINUTE,
          { ...CLEAR, unknown },
        );
        expect(changed.opened.map(({ key }) => key).toSorted()).toEqual(opened);
        expect(changed.recovered.map(({ key }) => key).toSorted()).toEqual(over);
      }
    }),
    { numRuns: runs(40) },
  );
});
