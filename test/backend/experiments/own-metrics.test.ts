import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseSettings } from '../../../backend/settings/parse-settings.ts';
import { collect } from '../../../backend/experiments/collect-statistics.ts';
import { experimentMetrics } from '../../../backend/experiments/experiment-metrics.ts';
import { experimentSettings } from '../../../backend/experiments/settings.ts';
import { storeUnits } from '../../../backend/experiments/store-units.ts';
import { metricMeasuring } from '../../../backend/log/account/unit-metrics.ts';
import { armKey } from '../../../shared/domain/experiment.ts';
import { parseSessionId } from '../../../shared/domain/ids.ts';
import { numeratorName, type MetricDefinition } from '../../../shared/domain/metric.ts';
import { DAY, happened, NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';
import { runningExperiment } from './support/experiment-log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON + DAY);
});
afterEach(() => log.close());

const METRICS: readonly MetricDefinition[] = [
  {
    name: 'map_opened',
    kind: 'proportion',
    numerator: 'feature_use',
    where: { feature: 'map' },
    better: 'higher',
  },
  {
    name: 'map_uses',
    kind: 'ratio',
    numerator: 'feature_use',
    denominator: 'rankings',
    where: { feature: 'map' },
    better: 'higher',
  },
  {
    name: 'paid_online',
    kind: 'mean',
    numerator: 'payment',
    sum: 'value',
    where: { online: true, currency: 'EUR' },
    better: 'higher',
  },
  { name: 'uses', kind: 'mean', numerator: 'feature_use', better: 'higher' },
  { name: 'use_value', kind: 'mean', numerator: 'feature_use', sum: 'value', better: 'higher' },
];

const VALUES = ['map', 'list', 'a "quoted" \\ one', '1', 1, true, false, null] as const;

describe('metrics of one’s own', () => {
  test('count, any and sum of the events that have the properties, per unit and per ranking, as a slow count finds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            session: fc.nat(5),
            feature: fc.constantFrom(...VALUES),
            online: fc.constantFrom(true, false, 'true', 1),
            currency: fc.constantFrom('EUR', 'CHF'),
            value: fc.option(fc.nat(50), { nil: undefined }),
            type: fc.constantFrom('feature_use' as const, 'payment' as const),
          }),
          { maxLength: 30 },
        ),
        async (did) => {
          const own = await openLog(NOON + DAY);
          const rankings = Array.from({ length: 6 }, (_, n) =>
            rankingOf(`r-${n}`, NOON + n, {
              sessionId: parseSessionId(`s-${n}`),
              arm: armKey('exp_1', n % 2 === 0 ? 'control' : 'treatment'),
            }),
          );
          const events = did.map(({ session, type, value, ...properties }, i) =>
            happened(rankings[session], type, {
              afterMs: 2000 + 2000 * i,
              ...(type === 'feature_use' && { itemId: undefined }),
              ...(value !== undefined && { value }),
              properties,
            }),
          );
          const experiment = await runningExperiment(own.store, { metrics: [...METRICS] });
          await own.add(rankings, events);
          await own.update();
          const { statistics } = await collect(own.store, experiment);
          const sumOf = (arm: number, amount: (one: (typeof did)[number]) => number) =>
            did
              .filter(({ session }) => session % 2 === arm)
              .reduce((total, one) => total + amount(one), 0);
          const isMap = ({ type, feature }: (typeof did)[number]) =>
            type === 'feature_use' && feature === 'map';
          for (const [i, arm] of ['control', 'treatment'].entries()) {
            const found = statistics.days.find((one) => one.arm === arm)!.statistics;
            expect(found.map_opened).toMatchObject({
              sum: [0, 1, 2, 3, 4, 5].filter(
                (session) =>
                  session % 2 === i && did.some((one) => one.session === session && isMap(one)),
              ).length,
            });
            expect(found.map_uses).toMatchObject({
              numerator: { sum: sumOf(i, (one) => Number(isMap(one))) },
              denominator: { sum: 3 },
            });
            expect(found.paid_online).toMatchObject({
              sum: sumOf(i, ({ type, online, currency, value = 0 }) =>
                type === 'payment' && online === true && currency === 'EUR' ? value : 0,
              ),
            });
            expect(found.uses).toMatchObject({
              sum: sumOf(i, ({ type }) => Number(type === 'feature_use')),
            });
            expect(found.use_value).toMatchObject({
              sum: sumOf(i, ({ type, value = 0 }) => (type === 'feature_use' ? value : 0)),
            });
          }
          // What is kept of units beyond the log says the same.
          await storeUnits(own.store, experiment);
          const kept = await collect(own.store, experiment, { stored: true });
          expect(kept.statistics.days).toEqual(statistics.days);
          await own.close();
        },
      ),
      { numRuns: 8 },
    );
  });

  test('are asked for by name where the configuration declares them, and kept whole', () => {
    const { metrics } = parseSettings(experimentSettings, {
      metrics: [METRICS[0], METRICS[2]],
    });
    expect(experimentMetrics(['click_through', 'paid_online'], metrics)[1]).toEqual(METRICS[2]);
    expect(() => experimentMetrics(['map_uses'], metrics)).toThrow(
      'there is no metric "map_uses": take one of click_through',
    );
  });

  test.each([
    [{ name: 'click_through' }, 'there is a metric "click_through" already'],
    [{ numerator: 'rankings', where: { a: 1 } }, 'where and sum are of events, and rankings is'],
    [{ numerator: 'outcome.value', sum: 'value' }, 'where and sum are of events'],
    [{ where: {} }, 'where names 1 to 8 properties, not 0'],
    [{ where: { 'a"b': 1 } }, 'a property is named by 1 to 64 letters'],
    [{ where: { a: 'x'.repeat(1025) } }, 'a text of at most 1024 characters'],
    [{ numerator: 'clack', where: undefined }, 'there is no column "clack"'],
  ] as const)('are refused with what is wrong: %j', (changes, why) => {
    expect(() =>
      parseSettings(experimentSettings, { metrics: [{ ...METRICS[0], ...changes }] }),
    ).toThrow(why);
  });

  test('two of one name are refused', () => {
    expect(() => parseSettings(experimentSettings, { metrics: [METRICS[0], METRICS[0]] })).toThrow(
      'there is a metric "map_opened" already',
    );
  });

  test('measure no metric that has a weight, and definitions from before count as they did', () => {
    const clicks = { name: 'top', kind: 'mean', numerator: 'click', better: 'higher' } as const;
    expect(metricMeasuring('clicks', [{ ...clicks, where: { place: 'top' } }, clicks])).toEqual(
      clicks,
    );
    expect(numeratorName(clicks)).toBe('click');
    expect(numeratorName({ ...clicks, numerator: 'outcome.value', horizonDays: 30 })).toBe(
      'outcome.value within 30 days',
    );
    expect(numeratorName({ ...clicks, where: { b: 1, a: 'x' } })).toBe(
      'click where {"a":"x","b":1}',
    );
  });
});
