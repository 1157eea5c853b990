import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findEdgeErrors } from '../../../backend/monitor/edge-errors.ts';
import { findLatency, readLatency } from '../../../backend/monitor/latency.ts';
import {
  findRefusedFeedback,
  readRefusedFeedback,
} from '../../../backend/monitor/refused-feedback.ts';
import { DEFAULT_MONITORS } from '../../../backend/monitor/settings.ts';
import {
  percentileOf,
  readLatencyHours,
  readTimings,
  slowerThan,
  storeLatency,
  type Timings,
} from '../../../backend/monitor/visitor-latency.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { happened, NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SETTINGS = DEFAULT_MONITORS.latency;

const timingsOf = (values: readonly number[], late = 0): Timings => {
  const counts = Map.groupBy(
    values.map(Math.round).toSorted((a, b) => a - b),
    (ms) => ms,
  );
  return {
    counts: [...counts].map(([ms, { length }]) => [ms, length]),
    timings: values.length,
    late,
  };
};
/** Log-normal: most wait for about `median` ms, one in twenty for over 3 times that. */
const waits = (n: number, median: number, seed: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return median * Math.exp(0.67 * normal);
  });
};
const hourOf = (index: number, values: readonly number[]) => {
  const timings = timingsOf(values);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentileOf(timings, share));
  return { hour: index * HOUR, timings: values.length, late: 0, p50, p95, p99 };
};
const WEEK = Array.from({ length: 168 }, (_, i) => hourOf(i, waits(300, 80, i + 1)));
const keys = (lately: Timings, hours = WEEK, settings = SETTINGS) =>
  findLatency(lately, hours, settings).findings.map(({ key }) => key);

test('percentiles are those of the sorted values, by nearest rank', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const values = waits(1 + seed * 7, 100, seed).map(Math.round);
    const sorted = values.toSorted((a, b) => a - b);
    const found = timingsOf(values);
    for (const share of [0.01, 0.5, 0.95, 0.99, 1])
      expect(percentileOf(found, share)).toBe(sorted[Math.ceil(share * sorted.length) - 1]);
    expect(slowerThan(found, sorted[3])).toBe(values.filter((ms) => ms > sorted[3]).length);
  }
  expect(percentileOf(timingsOf([]), 0.5)).toBeNull();
});

test('where nothing changed, hardly a check in 2,000 raises an alarm', () => {
  let alarms = 0;
  for (let seed = 0; seed < 2000; seed++)
    alarms += keys(timingsOf(waits(200, 80, 10_000 + seed))).length;
  expect(alarms).toBe(0);
});

test.each([
  ['three times as slow as usual, under the bound', waits(400, 240, 1), ['latency: usual']],
  ['far over the bound', waits(400, 2000, 2), ['latency: bound', 'latency: usual']],
  [
    'one in ten over the bound',
    [...waits(900, 80, 3), ...Array<number>(100).fill(5000)],
    ['latency: bound', 'latency: usual'],
  ],
  ['a little slower', waits(400, 100, 4), []],
  ['too few to tell', waits(50, 5000, 5), []],
])('%s', (_, values, expected) => {
  expect(keys(timingsOf(values))).toEqual(expected);
});

test('pages that give up are found, and named with their share', () => {
  const { findings } = findLatency(timingsOf(waits(400, 80, 6), 60), WEEK, SETTINGS);
  expect(findings).toEqual([
    expect.objectContaining({
      key: 'latency: late',
      kind: 'latency',
      message: expect.stringMatching(/^pages gave up on 15\.0 % of their rankings .* over 5 %$/),
    }),
  ]);
});

test('without a day of hours nothing is usual, and the bound is judged alone', () => {
  const { findings, unknown } = findLatency(
    timingsOf(waits(400, 2000, 7)),
    WEEK.slice(0, 20),
    SETTINGS,
  );
  expect(findings.map(({ key }) => key)).toEqual(['latency: bound']);
  expect(unknown).toEqual(['latency: usual']);
});

test('a fast site that is a little less fast is no alert', () => {
  const fast = Array.from({ length: 168 }, (_, i) => hourOf(i, waits(300, 5, i + 1)));
  expect(keys(timingsOf(waits(400, 30, 8)), fast)).toEqual([]);
});

describe('in the log', () => {
  let log: Log;
  beforeEach(async () => {
    log = await openLog(NOON);
  });
  afterEach(() => log.close());

  let named = 0;
  const timed = async (n: number, ms: (i: number) => number, minutesAgo: number, late = 0) => {
    const rankings = Array.from({ length: n }, (_, i) =>
      rankingOf(`t${named++}`, NOON - minutesAgo * MINUTE + i),
    );
    await log.add(
      rankings,
      rankings.map((ranking, i) =>
        happened(ranking, 'timing', {
          value: ms(i),
          afterMs: 1,
          ...(i < late && { properties: { late: true } }),
        }),
      ),
    );
  };

  test('timings are stored by hour, again for as long as they come in, and queried', async () => {
    await timed(100, (i) => i + 1, 90, 4);
    await timed(10, () => 50, 10);
    await storeLatency(log.store, NOON - 5 * MINUTE);
    await timed(10, () => 70, 8);
    await storeLatency(log.store, NOON - MINUTE);
    const read = () => readLatencyHours(log.store, { from: NOON - 2 * HOUR, to: NOON });
    expect(await read()).toEqual([
      { hour: NOON - 2 * HOUR, timings: 100, late: 4, p50: 50, p95: 95, p99: 99 },
      { hour: NOON - HOUR, timings: 20, late: 0, p50: 50, p95: 70, p99: 70 },
    ]);
    // Nothing changes by looking again, nor are hours of long ago looked at.
    const before = await read();
    await storeLatency(log.store, NOON - MINUTE);
    expect(await read()).toEqual(before);
  });

  test('a backend that was away catches up on a week, hours without timings included', async () => {
    await timed(3, () => 5, 6.5 * 24 * 60);
    await storeLatency(log.store, NOON);
    const hours = await readLatencyHours(log.store, { from: 0, to: NOON + HOUR });
    expect(hours).toHaveLength(169);
    expect(hours.filter(({ timings }) => timings > 0)).toMatchObject([{ timings: 3, p95: 5 }]);
  });

  test('the monitor reads what pages said within its window', async () => {
    await timed(300, () => 3000, 10);
    await timed(300, () => 20, 90);
    const { findings } = await readLatency(log.store, SETTINGS, NOON);
    expect(findings).toEqual([
      expect.objectContaining({
        key: 'latency: bound',
        message:
          'visitors wait for rankings: the p95 of the last 30 minutes (300 rankings as pages timed them) is 3,000 ms, over 1,000 ms',
      }),
    ]);
    expect(await readTimings(log.store, { from: NOON - HOUR, to: NOON })).toEqual({
      counts: [[3000, 300]],
      timings: 300,
      late: 0,
    });
  });

  test('feedback that mostly does not count is an alert that says why', async () => {
    const ranking = rankingOf('clicked', NOON - 8 * 24 * HOUR);
    await log.add(
      [ranking],
      Array.from({ length: 300 }, (_, i) =>
        happened(ranking, 'click', { afterMs: 8 * 24 * HOUR - 5 * MINUTE + i }),
      ),
    );
    const account = { update: () => log.update() };
    const observed = await readRefusedFeedback(
      { store: log.store, account },
      DEFAULT_MONITORS.refused,
      NOON,
    );
    expect(observed.findings).toEqual([
      expect.objectContaining({
        key: 'refused feedback',
        message: expect.stringMatching(
          /^100\.0 % of the last 60 minutes' feedback does not count \(300 of 300\), over 50 %; most often: \w+$/,
        ),
      }),
    ]);
  });
});

test('feedback of which some does not count is as usual, and little tells nothing', () => {
  const judged = (refused: number, counts: number) =>
    findRefusedFeedback(
      [
        { fault: '', events: counts },
        { fault: 'duplicate', events: refused },
      ],
      DEFAULT_MONITORS.refused,
    );
  expect(judged(400, 600)).toEqual({ findings: [], unknown: [] });
  expect(judged(510, 490).findings).toEqual([]);
  expect(judged(600, 400).findings).toHaveLength(1);
  expect(judged(150, 10)).toEqual({ findings: [], unknown: ['refused feedback'] });
});

test('an edge that fails often is found, and one lost probe is let pass', () => {
  const probes = (failed: number, of: number) =>
    Array.from({ length: of }, (_, i) => ({
      at: NOON - i * 15_000,
      tookMs: 20,
      ...(i < failed && { problem: 'it answered 503' }),
    })).toReversed();
  const look = (failed: number, of = 40) =>
    findEdgeErrors(probes(failed, of), DEFAULT_MONITORS.edgeErrors, NOON);
  expect(look(1)).toEqual({ findings: [], unknown: [] });
  expect(look(20).findings).toEqual([
    expect.objectContaining({
      key: 'edge errors',
      message:
        "50.0 % of the last 10 minutes' probes of the edge failed (20 of 40), over 10 %; the last one: it answered 503",
    }),
  ]);
  expect(look(9, 9)).toEqual({ findings: [], unknown: ['edge errors'] });
  // What was long ago says nothing of now.
  expect(findEdgeErrors(probes(40, 40), DEFAULT_MONITORS.edgeErrors, NOON + HOUR)).toMatchObject({
    unknown: ['edge errors'],
  });
});
