import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type {
  ArmStatistics,
  ExperimentStatistics,
} from '../../../backend/experiment/analysis/experiment-statistics.ts';
import { readExperiment } from '../../../backend/experiment/read-experiments.ts';
import { freezeReport } from '../../../backend/experiment/reports.ts';
import { metricLearning } from '../../../backend/metric-weights/metric-learning.ts';
import { pastExperiments } from '../../../backend/metric-weights/past-experiments.ts';
import { parseMetricWeights } from '../../../backend/metric-weights/settings.ts';
import { DEFAULT_TRAINING_DATA } from '../../../backend/training-data/settings.ts';
import { experimentReports, experiments } from '../../../backend/store/tables.ts';
import type { MetricDefinition } from '../../../shared/domain/metric.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { productsOf } from '../experiment/analysis/products-of.ts';
import { openTestStore, type TestStore } from './support/open-test-store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(() => store.write([store.db.delete(experiments), store.db.delete(experimentReports)]));

const DAY = 86_400_000;
const NOW = 1_790_000_000_000;
const TARGET = { kind: 'sum', outcome: 'value', horizonDays: 30 } as const;
const METRICS: MetricDefinition[] = [
  { name: 'saves', kind: 'mean', numerator: 'save', better: 'higher' },
  { name: 'clicks', kind: 'mean', numerator: 'click', better: 'higher' },
  { name: 'own_metric', kind: 'mean', numerator: 'contact', better: 'higher' },
  { name: 'worth', kind: 'mean', numerator: 'outcome.value', better: 'higher' },
];
const COLUMNS = METRICS.map(({ name }) => name);

type Units = readonly (readonly number[])[];

const armOf = (arm: string, day: string, units: Units): ArmStatistics & { day: string } => ({
  arm,
  day,
  units: units.length,
  statistics: {},
  products: productsOf(COLUMNS, units),
});

/** @param arms name → units of each day. */
async function stopped(
  id: string,
  stoppedAt: number,
  arms: Record<string, Units[]>,
  { reportedAt = stoppedAt + 31 * DAY, metrics = METRICS } = {},
): Promise<void> {
  const days = Object.entries(arms).flatMap(([arm, ofDays]) =>
    ofDays.map((units, i) => armOf(arm, `2026-08-0${i + 1}`, units)),
  );
  const shares = Object.keys(arms).map((name) => ({ name, weight: 1 }));
  await store.write([
    store.db.insert(experiments).values({
      id,
      name: id,
      layer: 'weights',
      salt: id,
      rangeFrom: 0,
      rangeTo: 1,
      traffic: 1,
      arms: shares,
      metrics,
      guardrails: [],
      minimumPerArm: 1000,
      status: 'stopped',
      createdAt: 1,
      startedAt: 1,
      stoppedAt,
    }),
  ]);
  const statistics: ExperimentStatistics = {
    experiment: id,
    unit: 'sessions',
    arms: shares,
    metrics,
    days,
    segments: [],
    multipleExposure: { units: 0, of: 0 },
    carryOver: [],
  };
  const frozen = await freezeReport(
    {
      store,
      collect: async () => ({ statistics, refusedUnits: 0 }),
      weightsOf: async () => undefined,
      retentionDays: 100_000,
      nowMs: () => reportedAt,
    },
    await readExperiment(store, id),
  );
  expect(frozen).toMatchObject({ at: reportedAt, frozen: false });
}

const random = seededRandom(3);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
/** Saves, clicks, another metric, and worth that follows saves and suffers from clicks. */
const unitsOf = (size: number, saves: number, clicks: number): number[][] =>
  Array.from({ length: size }, () => {
    const [a, b] = [saves + normal(), clicks + normal()];
    return [a, b, normal(), 2 * a - b + normal()];
  });

test('an experiment that lost units of one arm teaches nothing', async () => {
  const at = NOW - 40 * DAY;
  await stopped('exp_lost', at, { control: [unitsOf(1200, 0, 0)], b: [unitsOf(900, 1, 0)] });
  await stopped('exp_whole', at, { control: [unitsOf(1200, 0, 0)], b: [unitsOf(1150, 1, 0)] });
  const found = await pastExperiments(store.db, TARGET, NOW);
  expect(found.map(({ id }) => id)).toEqual(['exp_whole']);
});

test('effects are in standard deviations of the control, with what their errors share', async () => {
  const control = unitsOf(300, 0, 0);
  const [b, c] = [unitsOf(200, 0.4, 0.1), unitsOf(250, 0, 0.5)];
  const at = NOW - 40 * DAY;
  await stopped('exp_1', at, {
    control: [control.slice(0, 100), control.slice(100)],
    b: [b],
    c: [c.slice(0, 9), c.slice(9)],
  });
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
  const [saves, clicks, worth] = [0, 1, 3];
  for (const [n, treatment] of [b, c].entries()) {
    const { effects, target, covariance: shared } = found[n];
    expect(Object.keys(effects)).toEqual(['saves', 'clicks']);
    const error = (i: number, j: number) =>
      (covariance(control, i, j) / control.length +
        covariance(treatment, i, j) / treatment.length) /
      deviation(i) /
      deviation(j);
    const estimate = (i: number) => (mean(treatment, i) - mean(control, i)) / deviation(i);
    expect(effects.saves.estimate).toBeCloseTo(estimate(saves), 10);
    expect(effects.saves.standardError).toBeCloseTo(Math.sqrt(error(saves, saves)), 10);
    expect(target.estimate).toBeCloseTo(estimate(worth), 10);
    const expected = [saves, clicks, worth].flatMap((i) =>
      [saves, clicks, worth].map((j) => error(i, j)),
    );
    shared!.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 10));
  }
});

test('an experiment whose long-term value is not known yet, or was not measured, says nothing', async () => {
  const arms = { control: [unitsOf(50, 0, 0)], b: [unitsOf(50, 0, 0)] };
  await stopped('running out', NOW - 29 * DAY, arms);
  await stopped('read too early', NOW - 60 * DAY, arms, { reportedAt: NOW - 31 * DAY });
  await stopped('without it', NOW - 60 * DAY, arms, { metrics: METRICS.slice(0, 3) });
  await stopped('nobody came', NOW - 60 * DAY, { control: [unitsOf(50, 0, 0)], b: [] });
  expect(await pastExperiments(store.db, TARGET, NOW)).toEqual([]);
  expect(await pastExperiments(store.db, TARGET, NOW + 2 * DAY)).toMatchObject([
    { id: 'running out' },
  ]);
});

test('stored experiments tell weights apart that equal ones confuse', async () => {
  const learning = metricLearning({
    store,
    database: { url: store.url },
    settings: parseMetricWeights({ target: TARGET, methods: ['surrogate'] }),
    labelling: DEFAULT_TRAINING_DATA,
    nowMs: () => NOW,
  });
  expect(await learning.backtest()).toMatchObject({
    kind: 'not-enough',
    message: 'not enough past experiments: 0 of 20',
  });
  for (let i = 0; i < 40; i++)
    await stopped(`exp_${i}`, NOW - 40 * DAY, {
      control: [unitsOf(400, 0, 0)],
      // Clicks move most, and are worth less than nothing.
      b: [unitsOf(400, 0.2 * normal(), 0.6 * normal())],
    });
  const report = await learning.backtest();
  expect(report.kind).toBe('backtest');
  if (report.kind !== 'backtest') return;
  expect(report.metrics).toEqual(['saves', 'clicks']);
  expect(report.all.treatments).toBe(40);
  expect(report.all.adaptive.mean).toBeGreaterThan(0.8);
  expect(report.all.difference.low).toBeGreaterThan(0);
});
