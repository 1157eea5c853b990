import { expect, test } from 'vitest';
import { livePrior } from '../../../backend/runs/metric-weights/live-prior.ts';
import { pooledTable } from '../../../backend/runs/metric-weights/pooled-table.ts';
import { DEFAULT_METRIC_WEIGHTS, parseMetricWeights } from '../../../backend/reward/settings.ts';
import type {
  NumberColumn,
  UnitTable,
} from '../../../backend/science/metric-weighting/unit-table.ts';

const target = { kind: 'sum', outcome: 'value', horizonDays: 365 };

test('settings are the defaults with what is given in their place', () => {
  expect(parseMetricWeights({})).toEqual(DEFAULT_METRIC_WEIGHTS);
  expect(DEFAULT_METRIC_WEIGHTS).toMatchObject({ policy: 'fixed', unit: 'session' });
  expect(
    parseMetricWeights({ target, unit: 'user', policy: 'adaptive', importance: { by: 'gain' } }),
  ).toEqual({
    ...DEFAULT_METRIC_WEIGHTS,
    target,
    unit: 'user',
    policy: 'adaptive',
    importance: { ...DEFAULT_METRIC_WEIGHTS.importance, by: 'gain' },
  });
});

test.each([
  [{ goal: 1 }, /^goal is no setting: known are target, unit, /],
  [{ unit: 'visit' }, /^unit must be one of 'session', 'user', but was 'visit'$/],
  [
    { target: { kind: 'sum', outcome: 'value' } },
    /^target\.horizonDays must be a number, above 0 and up to 3650, but is missing$/,
  ],
  [
    { target: { ...target, horizonDays: 0.5 } },
    /horizonDays \(0.5\) must not be less than observeDays \(1\)/,
  ],
  [
    { context: ['a b'] },
    /^context\[0\] must be a name of letters, digits, _, \. and -, but was 'a b'$/,
  ],
  [
    { products: [['dwell_seconds', 'mood']] },
    /^products must be of metrics, but units have no metric mood: take two of click_through/,
  ],
  [
    { importance: { crosses: [['hour', 'mood']] } },
    /^importance\.crosses must be of columns, but there is no column mood: take two of click_through/,
  ],
  [
    { prior: { 'cell.3_4': 1, joy: 2 } },
    /^prior must be of metrics, but units have no metric joy: take some of click_through/,
  ],
  [{ schedule: 'hourly' }, /^schedule must be a cron pattern .*'hourly'$/],
])('%j is refused by name', (given, message) => {
  expect(() => parseMetricWeights(given)).toThrow(message);
});

const column = (name: string, better?: 'higher' | 'lower'): NumberColumn => ({
  kind: 'number',
  name,
  values: new Float64Array(2),
  ...(better && { better }),
});
const METRICS = [column('saves', 'higher'), column('cancels', 'lower'), column('cell.0_0')];

test('before any data what has a direction counts the same, and cells count nothing', () => {
  expect(livePrior(METRICS, undefined)).toEqual({ saves: 0.5, cancels: -0.5, 'cell.0_0': 0 });
  expect(livePrior(METRICS, { saves: 2, contacts: 3 })).toEqual({
    saves: 2,
    cancels: 0,
    'cell.0_0': 0,
  });
});

test.each([
  [{ conversion: 0.5 }, 0.5],
  [{ conversion: 0.5, booked: 2 }, 2],
])('a prior of before, %j, is of what is booked', (prior, expected) => {
  const declared = parseMetricWeights({ prior }).prior;
  expect(livePrior([column('saves', 'higher'), column('booked', 'higher')], declared)).toEqual({
    saves: 0,
    booked: expected,
  });
});

test('with experiments enough, weights are of what all of them measured', () => {
  const table: UnitTable = { units: 2, metrics: METRICS, context: [], target: column('value') };
  const measured = { estimate: 0.1, standardError: 0.1 };
  const past = (count: number, ...names: string[]) =>
    Array.from({ length: count }, (_, i) => ({
      id: `exp_${i}`,
      effects: Object.fromEntries(names.map((name) => [name, measured])),
      target: measured,
    }));
  const names = ({ metrics }: UnitTable) => metrics.map(({ name }) => name);
  expect(pooledTable(table, past(19, 'saves'))).toBe(table);
  expect(names(pooledTable(table, past(20, 'saves', 'other')))).toEqual(['saves']);
  expect(pooledTable(table, past(20, 'other'))).toBe(table);
  expect(
    names(pooledTable(table, [...past(20, 'saves', 'cancels'), ...past(1, 'cancels')])),
  ).toEqual(['cancels']);
});
