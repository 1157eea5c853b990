import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDayRates } from '../../../backend/monitor/daily-rates.ts';
import {
  findDegradedMetrics,
  judgeDay,
  judgeLast,
  type DailyRate,
} from '../../../backend/monitor/degraded-metrics.ts';
import { DEFAULT_MONITORS } from '../../../backend/monitor/settings.ts';
import { dayOf } from '../../../shared/domain/utc-day.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { DAY, happened, NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';
import { normal } from '../science/experiment/draws.ts';

const SETTINGS = DEFAULT_MONITORS.metrics;

interface World {
  readonly rankings: number;
  readonly rate: number;
  /** Relative: weekdays differ by so much, and each day from its weekday's usual by a normal of so much. */
  readonly weekly: number;
  readonly daily: number;
}
const STEADY: World = { rankings: 2000, rate: 0.3, weekly: 0.2, daily: 0.05 };

function daysOf(
  { rankings, rate, weekly, daily }: World,
  count: number,
  seed: number,
): DailyRate[] {
  const random = seededRandom(seed);
  const noise = () => normal(random);
  return Array.from({ length: count }, (_, day) => {
    const weekday = Math.sin((2 * Math.PI * day) / 7);
    const n = Math.round(rankings * (1 + 0.4 * Math.cos((2 * Math.PI * day) / 7)));
    const p = Math.min(0.99, rate * (1 + weekly * weekday) * Math.max(0.1, 1 + daily * noise()));
    const hits = Math.round(n * p + Math.sqrt(n * p * (1 - p)) * noise());
    return { day: dayOf(NOON + day * DAY), rankings: n, hits: Math.min(n, Math.max(0, hits)) };
  });
}

const fallenBy = (share: number, { hits, ...day }: DailyRate): DailyRate => ({
  ...day,
  hits: Math.round(hits * (1 - share)),
});

const verdicts = (days: readonly DailyRate[]) =>
  days
    .slice(SETTINGS.trailingDays)
    .map((day, i) => judgeDay(day, days.slice(i, i + SETTINGS.trailingDays), SETTINGS).kind);

describe('days on which nothing happened', () => {
  test.each([
    ['as binomial chance has them', { ...STEADY, daily: 0 }],
    ['that differ by 5 %', STEADY],
    ['that differ by 8 %, of many rankings', { ...STEADY, rankings: 20_000, daily: 0.08 }],
    ['of rare bookings', { ...STEADY, rate: 0.02 }],
  ])('%s are taken for a fall on less than one in 1000', (name, world) => {
    let [falls, judged] = [0, 0];
    for (let run = 0; run < 120; run++) {
      const found = verdicts(daysOf(world, SETTINGS.trailingDays + 60, run));
      falls += found.filter((kind) => kind === 'dropped').length;
      judged += found.length;
    }
    console.log(`degraded metrics, days ${name}: ${falls} false alarms on ${judged} days`);
    expect(judged).toBe(7200);
    expect(falls).toBeLessThanOrEqual(7);
  });
});

test.each([
  [0.3, 0, 1],
  [0.5, 0.05, 0.95],
])(
  'a fall by %d where days differ by %d is found on %d of all days at least',
  (fall, daily, least) => {
    let found = 0;
    for (let run = 0; run < 100; run++) {
      const days = daysOf({ ...STEADY, daily }, SETTINGS.trailingDays + 1, run);
      const verdict = judgeDay(fallenBy(fall, days.at(-1)!), days.slice(0, -1), SETTINGS);
      if (verdict.kind === 'dropped') found++;
    }
    expect(found / 100).toBeGreaterThanOrEqual(least);
  },
);

test.each([1, 2, 3])(
  'a fall that lasts is one for two weeks, and then the usual (seed %d)',
  (seed) => {
    const usual = 2 * SETTINGS.trailingDays;
    const days = daysOf(STEADY, usual + 35, seed).map((day, i) =>
      i < usual ? day : fallenBy(0.6, day),
    );
    const kinds = days
      .slice(usual)
      .map((_, i) => judgeLast(days.slice(i, usual + i + 1), SETTINGS).kind);
    expect(kinds.slice(0, 14)).toEqual(Array.from({ length: 14 }, () => 'dropped'));
    expect(kinds.at(-1)).toBe('as usual');
  },
);

test('a weekend is held to weekends', () => {
  const days = daysOf({ ...STEADY, weekly: 0.7, daily: 0.02 }, SETTINGS.trailingDays + 14, 5);
  expect(new Set(verdicts(days))).toEqual(new Set(['as usual']));
  // What is usual on the worst day of the week is a fall on the best.
  const rates = days.map(({ hits, rankings }) => hits / rankings);
  const best = rates.indexOf(Math.max(...rates.slice(28, 35)));
  const like = { ...days[best], hits: Math.round(days[best].rankings * Math.min(...rates)) };
  expect(judgeDay(like, days.slice(best - 28, best), SETTINGS).kind).toBe('dropped');
});

test.each([
  ['a new deployment', daysOf(STEADY, 14, 1)],
  ['a quiet day', [...daysOf(STEADY, 28, 1), { day: '2026-04-07', rankings: 199, hits: 0 }]],
])('%s tells nothing', (_, days) => {
  expect(judgeDay(days.at(-1)!, days.slice(0, -1), SETTINGS)).toEqual({ kind: 'unknown' });
});

test('where nobody ever books, a day without bookings is as usual', () => {
  const days = daysOf(STEADY, 40, 4).map((day) => ({ ...day, hits: 0 }));
  expect(new Set(verdicts(days))).toEqual(new Set(['as usual']));
});

test('falls smaller than bearable are let pass, however certain', () => {
  const days = daysOf({ rankings: 1e8, rate: 0.3, weekly: 0, daily: 0 }, 29, 1);
  const verdict = judgeDay(fallenBy(0.03, days.at(-1)!), days.slice(0, -1), SETTINGS);
  expect(verdict).toMatchObject({ kind: 'as usual' });
  expect(judgeDay(fallenBy(0.06, days.at(-1)!), days.slice(0, -1), SETTINGS)).toMatchObject({
    kind: 'dropped',
  });
});

test('each metric is judged on its own', () => {
  const rates = daysOf(STEADY, 29, 2).map(({ day, rankings, hits }) => ({
    day,
    rankings,
    clicked: hits,
    booked: hits,
    dismissed: Math.round(hits / 10),
    answered: 400,
    satisfaction: 300 + (hits % 7),
  }));
  const judged = (change: Partial<(typeof rates)[number]>) =>
    findDegradedMetrics([...rates.slice(0, -1), { ...rates.at(-1)!, ...change }], SETTINGS);
  expect(judged({ satisfaction: 200 }).findings).toEqual([
    expect.objectContaining({
      key: 'degraded metrics: satisfaction',
      kind: 'degraded metrics',
      message: expect.stringMatching(/^satisfaction fell to 50\.00 % of 400 answers on 2026-04-07/),
    }),
  ]);
  expect(judged({ dismissed: rates.at(-1)!.dismissed * 3 }).findings).toEqual([
    expect.objectContaining({
      key: 'degraded metrics: not interested',
      message: expect.stringMatching(/^not interested rose to .* the most$/),
      details: expect.objectContaining({ atMost: expect.any(Number) }),
    }),
  ]);
  // Better is no fall, and of a handful of answers nothing is said.
  expect(judged({ satisfaction: 399, dismissed: 0 })).toEqual({ findings: [], unknown: [] });
  expect(judged({ answered: 5, satisfaction: 0 })).toEqual({
    findings: [],
    unknown: ['degraded metrics: satisfaction'],
  });
  const last = { ...rates.at(-1)!, booked: 0 };
  expect(findDegradedMetrics([...rates.slice(0, -1), last], SETTINGS)).toEqual({
    unknown: [],
    findings: [
      expect.objectContaining({
        key: 'degraded metrics: bookings',
        message: expect.stringMatching(
          /^bookings fell to 0\.00 % of 2,\d{3} rankings on 2026-04-07/,
        ),
      }),
    ],
  });
});

describe('what came of a day, as it is read from the log', () => {
  let log: Log;
  beforeAll(async () => {
    log = await openLog();
    const rankings = Array.from({ length: 20 }, (_, i) =>
      rankingOf(`r${i}`, NOON - DAY / 2 + i * 3_600_000),
    );
    const late = { afterMs: 7 * 3_600_000 };
    await log.add(rankings, [
      happened(rankings[0], 'click'),
      happened(rankings[0], 'click', { slot: 1 }),
      happened(rankings[1], 'click', late),
      happened(rankings[2], 'click'),
      happened(rankings[2], 'booking'),
      happened(rankings[3], 'dwell'),
      happened(rankings[4], 'not_interested'),
      happened(rankings[4], 'not_interested', { slot: 1 }),
      happened(rankings[4], 'survey', { value: 1 }),
      happened(rankings[5], 'survey', { value: 0.25 }),
      happened(rankings[6], 'survey', { value: 0, ...late }),
    ]);
  });
  afterAll(() => log.close());

  test('counts each ranking once, and only what came in time', async () => {
    await log.update();
    expect(await readDayRates(log.store, '2026-03-10')).toEqual({
      day: '2026-03-10',
      rankings: 20,
      clicked: 2,
      booked: 1,
      dismissed: 1,
      answered: 2,
      satisfaction: 1.25,
    });
    expect(await readDayRates(log.store, '2026-03-11')).toMatchObject({ rankings: 0, clicked: 0 });
  });
});
