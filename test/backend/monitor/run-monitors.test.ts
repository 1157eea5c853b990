import { asc } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { found, NOTHING, type Observation } from '../../../backend/monitor/finding.ts';
import { runMonitors, type Monitor } from '../../../backend/monitor/run-monitors.ts';
import { openStore } from '../../../backend/store/open.ts';
import { alerts } from '../../../backend/store/tables.ts';
import { openLog, type Log } from '../log/support/log.ts';

let log: Log;
let said: string[];
beforeEach(async () => {
  log = await openLog();
  said = [];
});
afterEach(() => log.close());

const LAGS = found({ key: 'ingest lag', kind: 'ingest lag', message: 'late', details: {} });
const run = (monitors: Monitor[], nowMs: number, store = log.store) =>
  runMonitors({ store, monitors, clearMs: 0, nowMs: () => nowMs, log: (line) => said.push(line) });
const lag = (observed: Observation): Monitor => ({
  kind: 'ingest lag',
  check: async () => observed,
});
const broken: Monitor = {
  kind: 'drift',
  check: async () => {
    throw new Error('cannot reach https://store.example/?token=hidden');
  },
};
const rows = () => log.store.db.select().from(alerts).orderBy(asc(alerts.id));

test('one that fails is an alert, leaves its own as they are, and holds up no other', async () => {
  await run(
    [
      {
        kind: 'drift',
        check: async () => found({ ...LAGS.findings[0], key: 'drift', kind: 'drift' }),
      },
    ],
    1,
  );
  await run([broken, lag(LAGS)], 2);
  expect(await rows()).toMatchObject([
    { key: 'drift', resolvedAt: null, lastSeenAt: 1 },
    {
      key: 'monitor: drift',
      message: "the monitor of drift failed: the backend's log says why",
      resolvedAt: null,
    },
    { key: 'ingest lag', resolvedAt: null },
  ]);
  expect(said.join('\n')).toContain('token=hidden');
  // Nothing of the error leaves with the alert.
  expect(JSON.stringify(await rows())).not.toContain('hidden');
});

test('one that fails of a part is an alert that names it, checks the others, and is over once all are checked', async () => {
  const drift = (key: string) => ({ key, kind: 'drift' as const, message: key, details: {} });
  const check = (observed: Observation): Monitor => ({
    kind: 'drift',
    check: async () => observed,
  });
  await run([check(found(drift('drift'), drift('drift at placement home')))], 1);
  const error = new Error('cannot reach https://store.example/?token=hidden');
  const partly = {
    ...found(drift('drift')),
    unknown: ['drift at placement home'],
    failed: [{ of: 'placement home', error }],
  };
  await run([check(partly)], 2);
  expect(await rows()).toMatchObject([
    { key: 'drift', resolvedAt: null, lastSeenAt: 2 },
    { key: 'drift at placement home', resolvedAt: null, lastSeenAt: 1 },
    {
      key: 'monitor: drift',
      message: "the monitor of drift failed for placement home: the backend's log says why",
      details: { monitor: 'drift', failed: ['placement home'] },
      resolvedAt: null,
    },
  ]);
  expect(said.join('\n')).toContain('token=hidden');
  expect(JSON.stringify(await rows())).not.toContain('hidden');
  await run([lag(NOTHING)], 3);
  expect((await rows())[2].resolvedAt).toBeNull();
  await run([check(NOTHING)], 4);
  expect((await rows()).map(({ resolvedAt }) => resolvedAt)).toEqual([4, 4, 4]);
});

test('a monitor that failed is known to work again only when it has checked', async () => {
  await run([broken], 1);
  await run([lag(NOTHING)], 2);
  expect(await rows()).toMatchObject([{ key: 'monitor: drift', resolvedAt: null }]);
  await run([{ kind: 'drift', check: async () => NOTHING }], 3);
  expect(await rows()).toMatchObject([{ key: 'monitor: drift', resolvedAt: 3 }]);
});

test('two backends that check at once log one opening and one end', async () => {
  const other = await openStore(log.database);
  await Promise.all([run([lag(LAGS)], 1), run([lag(LAGS)], 1, other)]);
  await Promise.all([run([lag(NOTHING)], 2), run([lag(NOTHING)], 2, other)]);
  expect(said).toEqual([
    'alert "ingest lag" opened: late',
    'alert "ingest lag" is over (was: late)',
  ]);
  await other.close();
});
