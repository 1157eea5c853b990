import { expect, test } from 'vitest';
import { encodeUnits } from '../../../../backend/science/metric-weighting/encode-units.ts';
import { numbers } from './support/simulate.ts';

const HOURS = ['morning', 'noon', 'evening'];
const UNITS = 600;
const all = Uint32Array.from({ length: UNITS }, (_, unit) => unit);
const hour = Array.from(all, (unit) => HOURS[unit % HOURS.length]);
const depth = Float64Array.from(all, (unit) => (unit % 7 === 0 ? Number.NaN : (unit % 4) / 4));
const table = {
  metrics: [numbers('depth', depth), numbers('clicks', Float64Array.from(all))],
  context: [{ kind: 'category' as const, name: 'hour', values: hour }],
};

test('a cross has one bucket per pair of hour and scroll depth, missing depth included', () => {
  const features = encodeUnits(table, [['hour', 'depth']], all);
  const crossed = features.find(({ name }) => name === 'hour × depth')!;
  const codeOf = new Map<string, Set<number>>();
  for (const unit of all) {
    const pair = `${hour[unit]} ${depth[unit]}`;
    codeOf.set(pair, (codeOf.get(pair) ?? new Set()).add(crossed.codes[unit]));
  }
  expect(codeOf.size).toBe(HOURS.length * 5);
  const codes = [...codeOf.values()].flatMap((own) => [...own]);
  expect(codes).toHaveLength(codeOf.size);
  expect(new Set(codes).size).toBe(codeOf.size);
});

test('a cross counts for the metrics in it: of hour and depth for depth, of two metrics for both', () => {
  const features = encodeUnits(
    table,
    [
      ['hour', 'depth'],
      ['depth', 'clicks'],
    ],
    all,
  );
  expect(features.map(({ name, metrics }) => [name, metrics])).toEqual([
    ['depth', ['depth']],
    ['clicks', ['clicks']],
    ['hour', []],
    ['hour × depth', ['depth']],
    ['depth × clicks', ['depth', 'clicks']],
  ]);
});
