import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ensureLayer } from '../../../../backend/experiments/layers.ts';
import { insertRows } from '../../../../backend/store/insert-rows.ts';
import { metricLearning } from '../../../../backend/runs/metric-weights/metric-learning.ts';
import { pastExperiments } from '../../../../backend/runs/metric-weights/past-experiments.ts';
import { parseMetricWeights } from '../../../../backend/reward/settings.ts';
import { accountVersion } from '../../../../backend/log/account/rules.ts';
import { bringUpToDate } from '../../log/support/bring-up-to-date.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { experiments, experimentUnits, outcomes } from '../../../../backend/store/tables.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { runningExperiment } from '../../experiments/support/experiment-log.ts';
import { openTestStore, type TestStore } from '../../reward/support/open-test-store.ts';
import { normal } from '../../science/experiment/draws.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  await bringUpToDate(store);
  await ensureLayer(store, { name: 'weights', unit: 'session', rank: 10 }, 1);
});
afterAll(() => store.close());
beforeEach(() =>
  store.write([
    store.db.delete(experiments),
    store.db.delete(experimentUnits),
    store.db.delete(outcomes),
  ]),
);

const DAY = 86_400_000;
const NOW = 1_790_000_000_000;
const TARGET = { kind: 'sum', outcome: 'value', horizonDays: 30 } as const;
const UNIT_COLUMNS = [
  'experiment',
  'unit',
  'userId',
  'firstAt',
  'arm',
  'arms',
  'visitor',
  'refused',
  'after',
  'before',
  'account',
];
const OUTCOME_COLUMNS = [
  'outcomeId',
  'userId',
  'sessionId',
  'metric',
  'value',
  'at',
  'receivedAt',
  'creditedSession',
];
const ACCOUNT = accountVersion(DEFAULT_TRAINING_DATA);

/** Saves, contacts and worth of each unit. */
type Units = readonly (readonly number[])[];

/** @param arms name → its units, all first exposed two days before the end. */
async function stopped(
  id: string,
  stoppedAt: number,
  arms: Record<string, Units>,
  { changes = {}, worthAfterMs = 20 * DAY } = {},
): Promise<void> {
  const firstAt = stoppedAt - 2 * DAY;
  const units = Object.entries(arms).flatMap(([arm, own]) =>
    own.map(([save, contact, worth], n) => ({
      unit: `${id}-${arm}-${n}`,
      arm,
      save,
      contact,
      worth,
    })),
  );
  await runningExperiment(store, {
    id,
    arms: Object.keys(arms).map((name) => ({ name, weight: 1 })),
    status: 'stopped',
    stoppedAt,
    ...changes,
  });
  await store.write([
    ...insertRows({
      table: 'experiment_units',
      columns: UNIT_COLUMNS,
      rows: units.map(({ unit, arm, save, contact }) => {
        const after = JSON.stringify({ save, contact });
        return [id, unit, null, firstAt, arm, 1, 'new', 0, after, '{}', ACCOUNT];
      }),
    }),
    ...insertRows({
      table: 'outcomes',
      columns: OUTCOME_COLUMNS,
      rows: units.map(({ unit, worth }) => {
        return [`of ${unit}`, null, unit, 'value', worth, firstAt + worthAfterMs, 1, unit];
      }),
    }),
  ]);
}

const random = seededRandom(3);
const noise = () => normal(random);
/** Worth follows saves, and suffers from contacts. */
const unitsOf = (size: number, saves: number, contacts: number): number[][] =>
  Array.from({ length: size }, () => {
    const [a, b] = [saves + noise(), contacts + noise()];
    return [a, b, 2 * a - b + noise()];
  });

test('an experiment that lost units of one arm teaches nothing', async () => {
  const at = NOW - 40 * DAY;
  await stopped('exp_1', at, { control: unitsOf(400, 0, 0), b: unitsOf(400, 0.4, 0) });
  await stopped('exp_2', at, { control: unitsOf(400, 0, 0), b: unitsOf(250, 0.4, 0) });
  expect((await pastExperiments(store.db, TARGET, NOW)).map(({ id }) => id)).toEqual(['exp_1']);
});

test('effects are in standard deviations of the control, with what their errors share', async () => {
  const control = unitsOf(300, 0, 0);
  const [b, c] = [unitsOf(280, 0.4, 0.1), unitsOf(290, 0, 0.5)];
  const at = NOW - 40 * DAY;
  await stopped('exp_1', at, { control, b, c });
  const found = await pastExperiments(store.db, TARGET, NOW);
  expect(found.map(({ id, treatment }) => [id, treatment])).toEqual([
    ['exp_1', 'b'],
    ['exp_1', 'c'],
  ]);
  const mean = (units: Units, i: number) =>
    units.reduce((sum, unit) => sum + unit[i], 0) / units.length;
  const covariance = (units: Units, i: number, j: number) =>
    units.reduce((sum, unit) => sum + (unit[i] - mean(units, i)) * (unit[j] - mean(units, j)), 0) /
    (units.length - 1);
  const deviation = (i: number) => Math.sqrt(covariance(control, i, i));
  const [saves, contacts, worth] = [0, 1, 2];
  for (const [n, treatment] of [b, c].entries()) {
    const { effects, target, covariance: shared } = found[n];
    expect(Object.keys(effects)).toEqual(['saves', 'contacts']);
    const error = (i: number, j: number) =>
      (covariance(control, i, j) / control.length +
        covariance(treatment, i, j) / treatment.length) /
      deviation(i) /
      deviation(j);
    const estimate = (i: number) => (mean(treatment, i) - mean(control, i)) / deviation(i);
    expect(effects.saves.estimate).toBeCloseTo(estimate(saves), 10);
    expect(effects.saves.standardError).toBeCloseTo(Math.sqrt(error(saves, saves)), 10);
    expect(target.estimate).toBeCloseTo(estimate(worth), 10);
    const expected = [saves, contacts, worth].flatMap((i) =>
      [saves, contacts, worth].map((j) => error(i, j)),
    );
    shared!.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 10));
  }
});

test('the target is summed up over the horizon of each unit, as it is declared', async () => {
  const arms = { control: unitsOf(60, 0, 0), b: unitsOf(60, 1, 0) };
  await stopped('exp_1', NOW - 90 * DAY, arms);
  const of = async (kind: 'sum' | 'happened' | 'mean daily', horizonDays = 30) =>
    (await pastExperiments(store.db, { ...TARGET, kind, horizonDays }, NOW))[0]?.target;
  const sum = await of('sum');
  expect(await of('mean daily')).toEqual({
    estimate: expect.closeTo(sum.estimate, 10),
    standardError: expect.closeTo(sum.standardError, 10),
  });
  const share = (units: Units) => units.filter(([, , worth]) => worth > 0).length / units.length;
  const [p, q] = [share(arms.control), share(arms.b)];
  const deviation = Math.sqrt((p * (1 - p) * 60) / 59);
  expect((await of('happened')).estimate).toBeCloseTo((q - p) / deviation, 10);
  // All of it came later than this.
  expect(await of('sum', 19)).toBeUndefined();
});

test('an experiment whose long-term value is not known yet, or has no arms to compare, says nothing', async () => {
  const arms = { control: unitsOf(50, 0, 0), b: unitsOf(50, 0, 0) };
  await stopped('running out', NOW - 29 * DAY, arms);
  await stopped('nobody came', NOW - 60 * DAY, { control: unitsOf(50, 0, 0), b: [] });
  await stopped('a canary', NOW - 60 * DAY, arms, { changes: { kind: 'rollout' } });
  await stopped('interleaved', NOW - 60 * DAY, arms, { changes: { design: 'interleaved' } });
  await stopped('runs', NOW - 60 * DAY, arms, { changes: { status: 'running', stoppedAt: null } });
  expect(await pastExperiments(store.db, TARGET, NOW)).toEqual([]);
  expect(await pastExperiments(store.db, TARGET, NOW + 2 * DAY)).toMatchObject([
    { id: 'running out' },
  ]);
});

test('units of several arms, and those unlike people, are left out', async () => {
  const [control, b] = [unitsOf(50, 0, 0), unitsOf(50, 1, 0)];
  const odd = unitsOf(10, 9, 9);
  await stopped('exp_1', NOW - 60 * DAY, { control, b });
  const expected = await pastExperiments(store.db, TARGET, NOW);
  await stopped('exp_2', NOW - 60 * DAY, { control: [...control, ...odd], b: [...b, ...odd] });
  await store.tamper(
    "update experiment_units set arms = 2 where unit like 'exp_2-control-5_'",
    "update experiment_units set refused = 1 where unit like 'exp_2-b-5_'",
  );
  const [, found] = await pastExperiments(store.db, TARGET, NOW);
  expect(found).toEqual({ ...expected[0], id: 'exp_2' });
});

test('stored experiments tell weights apart that equal ones confuse', async () => {
  const learning = metricLearning({
    store,
    database: { url: store.url },
    settings: parseMetricWeights({ target: TARGET, methods: ['surrogate'] }),
    accountRules: DEFAULT_TRAINING_DATA,
    nowMs: () => NOW,
  });
  expect(await learning.backtest()).toMatchObject({
    kind: 'not-enough',
    message: 'not enough past experiments: 0 of 20',
  });
  for (let i = 0; i < 40; i++)
    await stopped(`exp_${i}`, NOW - 40 * DAY, {
      control: unitsOf(200, 0, 0),
      // Contacts move most, and are worth less than nothing.
      b: unitsOf(200, 0.2 * noise(), 0.6 * noise()),
    });
  const report = await learning.backtest();
  expect(report.kind).toBe('backtest');
  if (report.kind !== 'backtest') return;
  expect(report.metrics).toEqual(['saves', 'contacts']);
  expect(report.all.treatments).toBe(40);
  expect(report.all.adaptive.mean).toBeGreaterThan(0.8);
  expect(report.all.difference.low).toBeGreaterThan(0);
});

test('a prior of before, of conversion, is the fixed weight of what is booked in a backtest', async () => {
  for (let i = 0; i < 25; i++)
    await stopped(`exp_${i}`, NOW - 40 * DAY, {
      control: unitsOf(60, 0, 0),
      b: unitsOf(60, 0.6 * noise(), 0),
    });
  // Who saves much books: what is booked tells the value, and no other weight of the prior does.
  await store.tamper(
    "update experiment_units set after = json_set(after, '$.booking', 1) where after ->> 'save' > 1",
  );
  const reportOf = (prior: Record<string, number>) =>
    metricLearning({
      store,
      database: { url: store.url },
      settings: parseMetricWeights({ target: TARGET, prior }),
      accountRules: DEFAULT_TRAINING_DATA,
      nowMs: () => NOW,
    }).backtest();
  const report = await reportOf({ conversion: 1 });
  expect(report).toMatchObject({ kind: 'backtest', metrics: ['saves', 'contacts', 'booked'] });
  expect(report).toEqual(await reportOf({ booked: 1 }));
  expect(report).not.toEqual(await reportOf({ scroll_share: 1 }));
});
