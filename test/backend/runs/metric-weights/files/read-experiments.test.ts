import { expect, test } from 'vitest';
import { normals } from '../../../../../backend/science/metric-weighting/draws.ts';
import { errorCorrelations } from '../../../../../backend/runs/metric-weights/files/error-correlations.ts';
import {
  parseMapping,
  type ExperimentsMapping,
} from '../../../../../backend/runs/metric-weights/files/mapping.ts';
import { readExperiments } from '../../../../../backend/runs/metric-weights/files/read-experiments.ts';
import { openTable } from '../../../../../backend/table/open-table.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { fileOf } from './support/csv-file.ts';

const HEADER = 'id,arm,metric,day,nc,nt,mc,mt,vc,vt';
const MAPPING = {
  kind: 'experiments',
  experiment: 'id',
  variant: 'arm',
  metric: 'metric',
  time: 'day',
  control: { count: 'nc', mean: 'mc', variance: 'vc' },
  treatment: { count: 'nt', mean: 'mt', variance: 'vt' },
  metrics: [{ metric: 'clicks' }],
  target: { metric: 'value' },
  earlyAt: 7,
  minimumDuration: 14,
  cumulative: true,
};

async function read(rows: readonly string[], mapping: object = MAPPING) {
  const file = fileOf([HEADER, ...rows].join('\n'));
  const parsed = parseMapping(mapping, 'test.json') as ExperimentsMapping;
  return readExperiments(file, await openTable(file), parsed);
}

/** Both metrics at one moment. */
const moment = (id: string, day: number, n: number, clicks: string, value = '5,5.5,4,4') => [
  `${id},t,clicks,${day},${n},${n},${clicks}`,
  `${id},t,value,${day},${n},${n},${value}`,
];

test('the metric is read early, the target at the end, both in control deviations', async () => {
  const { experiments } = await read([
    ...moment('x', 5, 1000, '1,1.2,4,4'),
    ...moment('x', 7, 2000, '1,1.4,4,4'),
    ...moment('x', 8, 3000, '1,9,4,4'),
    ...moment('x', 20, 8000, '1,9,4,4', '5,5.5,4,8'),
  ]);
  expect(experiments).toHaveLength(1);
  const [{ effects, target, id, treatment }] = experiments;
  expect([id, treatment]).toEqual(['x', 't']);
  expect(effects.clicks.estimate).toBeCloseTo(0.2, 12);
  expect(effects.clicks.standardError).toBeCloseTo(Math.sqrt(2 / 2000), 12);
  expect(target.estimate).toBeCloseTo(0.25, 12);
  expect(target.standardError).toBeCloseTo(Math.sqrt(1 / 8000 + 2 / 8000), 12);
});

test('short ones, those without an early reading, and rows without a number are left out and counted', async () => {
  const { experiments, leftOut, emptyRows } = await read([
    ...moment('whole', 3, 1000, '1,1.2,4,4'),
    ...moment('whole', 20, 1000, '1,1.2,4,4'),
    ...moment('short', 3, 1000, '1,1.2,4,4'),
    ...moment('late', 9, 1000, '1,1.2,4,4'),
    ...moment('late', 20, 1000, '1,1.2,4,4'),
    ...moment('small', 3, 999, '1,1.2,4,4'),
    ...moment('small', 20, 999, '1,1.2,4,4'),
    'whole,t,clicks,21,1000,1000,1,,4,4',
    'whole,t,clicks,22,0,0,0,0,0,0',
  ]);
  expect(experiments.map(({ id }) => id)).toEqual(['whole']);
  expect([leftOut, emptyRows]).toEqual([3, 2]);
});

test.each<[string, readonly string[], object, RegExp]>([
  ['no row', [], MAPPING, /has no row below its header/],
  [
    'a metric that never comes',
    moment('x', 3, 1000, '1,1,4,4'),
    { ...MAPPING, metrics: [{ metric: 'saves' }] },
    /column metric never says "saves": it says clicks, value/,
  ],
  [
    'a text for a number',
    ['x,t,clicks,3,1000,some,1,1,4,4'],
    MAPPING,
    /line 2, column nt: "some" is no number/,
  ],
  [
    'a negative variance',
    ['x,t,clicks,3,1000,1000,1,1,4,-4'],
    MAPPING,
    /line 2: columns nt and vt must be a count of units and a variance, not 1000 and -4/,
  ],
  [
    'a row twice',
    [...moment('x', 3, 1000, '1,1,4,4'), ...moment('x', 3, 1000, '1,1,4,4')],
    MAPPING,
    /line 4: a second row of experiment x, metric clicks at 3/,
  ],
  [
    'none that is long enough',
    moment('x', 3, 1000, '1,1,4,4'),
    MAPPING,
    /none of 1 treatments ran for 14/,
  ],
])('%s is refused, and says where', async (_, rows, mapping, message) => {
  await expect(read(rows, mapping)).rejects.toThrow(message);
});

test('a target no later than the metrics is refused', () => {
  expect(() => parseMapping({ ...MAPPING, minimumDuration: 7 }, 'test.json')).toThrow(
    'must be longer than earlyAt',
  );
});

test('how errors of two metrics correlate is estimated from how cumulative effects move', () => {
  const random = seededRandom(1);
  const [z, w] = [0, 1].map(() => normals(random, 4000));
  // 100 treatments of 40 readings each, all of one size more; errors correlate by 0.6.
  const series = Array.from({ length: 100 }, (_, e) => {
    const sums = [0, 0];
    return Array.from({ length: 40 }, (_unused, t) => {
      const [first, second] = [z[40 * e + t], 0.6 * z[40 * e + t] + 0.8 * w[40 * e + t]];
      sums[0] += first;
      sums[1] += second;
      return { effects: sums.map((sum) => 0.1 + sum / (t + 1)), size: t + 1 };
    });
  });
  const found = errorCorrelations(series, 2)!;
  expect(found[0]).toBe(1);
  expect(found[1]).toBeCloseTo(0.6, 1);
  expect(errorCorrelations(series.slice(0, 1), 2)).toBeUndefined();
});

test('where readings tell it, the covariance of early and final errors is the variance over all final units', async () => {
  const random = seededRandom(2);
  const rows = Array.from({ length: 30 }, (_, e) =>
    [3, 7, 14, 28].flatMap((day) => {
      const drawn = () => (5 + 0.1 * random()).toFixed(6);
      return moment(`e${e}`, day, 1000 * day, `5,${drawn()},4,4`, `5,${drawn()},4,4`);
    }),
  ).flat();
  const own = {
    ...MAPPING,
    metrics: [{ metric: 'clicks' }, { metric: 'value', name: 'early value' }],
  };
  const [{ covariance, target }] = (await read(rows, own)).experiments;
  // Rows: clicks, early value, target. What the early value shares is all the final one has.
  expect(covariance![1 * 3 + 2]).toBeCloseTo(target.standardError ** 2, 12);
  expect(covariance![2 * 3 + 2]).toBeCloseTo(target.standardError ** 2, 12);
  const separate = await read(rows, { ...own, cumulative: false });
  expect(separate.experiments[0].covariance).toBeUndefined();
});
