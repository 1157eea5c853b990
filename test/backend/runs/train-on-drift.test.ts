import { afterEach, beforeEach, expect, test } from 'vitest';
import { updateAlerts } from '../../../backend/monitor/alerts.ts';
import { trainOnDrift } from '../../../backend/runs/train-on-drift.ts';
import { runs } from '../../../backend/store/tables.ts';
import { ApiError } from '../../../shared/domain/errors.ts';
import { DAY, NOON, openLog, type Log } from '../log/support/log.ts';

let log: Log;
let started: string[];
let problem: Error | undefined;
beforeEach(async () => {
  log = await openLog(NOON);
  started = [];
  problem = undefined;
});
afterEach(() => log.close());

const settings = { trains: true, trainHours: 72 };
const look = (atMs: number, changed: Partial<typeof settings> = {}) =>
  trainOnDrift({
    store: log.store,
    trainer: {
      // The trainer as far as this needs it: a run is there once it has started.
      async start({ name }) {
        if (problem !== undefined) throw problem;
        const id = `run ${started.length}`;
        started.push(id);
        const row = {
          id,
          status: 'failed',
          params: { name },
          progress: {},
          startedAt: atMs,
        } as const;
        await log.store.write([log.store.db.insert(runs).values(row)]);
        return id;
      },
    },
    settings: { ...settings, ...changed },
    nowMs: () => atMs,
    log: () => {},
  });
const alert = (atMs: number, kind: 'drift' | 'data quality' | undefined = 'drift') =>
  updateAlerts(
    log.store,
    [{ key: kind, kind, message: 'the world has drifted', details: {} }],
    [],
    atMs,
    { clearMs: 0 },
  );
const over = (atMs: number) => updateAlerts(log.store, [], ['drift'], atMs, { clearMs: 0 });

test('an alert of drift starts one training, however long it lasts', async () => {
  await look(NOON);
  await alert(NOON, 'data quality');
  await look(NOON);
  expect(started).toHaveLength(0);
  await alert(NOON);
  for (const days of [0, 1, 5, 30]) await look(NOON + days * DAY);
  expect(started).toHaveLength(1);
});

test('the next alert starts the next one, not sooner than is set', async () => {
  await alert(NOON);
  await look(NOON);
  await over(NOON + DAY);
  await look(NOON + DAY);
  await alert(NOON + 2 * DAY);
  await look(NOON + 2 * DAY);
  expect(started).toHaveLength(1);
  await look(NOON + 3 * DAY);
  await look(NOON + 4 * DAY);
  expect(started).toHaveLength(2);
});

test('one that cannot start, as another is under way, is tried again; other problems are told', async () => {
  await alert(NOON);
  problem = new ApiError(409, 'training_running', 'run x is under way');
  await look(NOON);
  problem = new Error('the store is gone');
  await expect(look(NOON)).rejects.toThrow('the store is gone');
  problem = undefined;
  await look(NOON + 1);
  expect(started).toHaveLength(1);
});

test('an operator may turn it off', async () => {
  await alert(NOON);
  await look(NOON, { trains: false });
  expect(started).toHaveLength(0);
});

test('a training from a day that has not come, which a clock that jumped left, holds up none', async () => {
  await alert(NOON + 400 * DAY);
  await look(NOON + 400 * DAY);
  expect(started).toHaveLength(1);
  await over(NOON);
  await alert(NOON + DAY);
  await look(NOON + DAY);
  await look(NOON + 2 * DAY);
  expect(started).toHaveLength(2);
});
