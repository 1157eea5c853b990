import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type {
  ArmStatistics,
  ExperimentStatistics,
} from '../../../backend/science/experiment/experiment-statistics.ts';
import { collect } from '../../../backend/experiments/collect-statistics.ts';
import { bringUpToDate } from '../log/support/bring-up-to-date.ts';
import { outcomes as outcomeRows } from '../../../backend/store/tables.ts';
import { collectNow, collectStatistics } from './support/collect-statistics.ts';
import type { Experiment } from '../../../backend/experiments/new-experiment.ts';
import { recordOutcomes, type Outcome } from '../../../backend/log/ingest/outcomes.ts';
import { NO_FILTERS, type Filters } from '../../../backend/log/account/filters.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { recordLive } from '../../../backend/models/live-pointer.ts';
import { parseSessionId, parseUserId, type Version } from '../../../shared/domain/ids.ts';
import type { Placement } from '../../../shared/domain/placement.ts';
import type { MetricDefinition } from '../../../shared/domain/metric.ts';
import type { CollectedEvent } from '../../../shared/format/ingest-bytes.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { DAY, happened, NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';
import { runningExperiment } from './support/experiment-log.ts';
import { oracleUnits } from './support/statistics-oracle.ts';
import type { WholeLog } from '../log/support/slow-account.ts';
import { runs } from '../../shared/support/seed.ts';

const FILTERS = { ...NO_FILTERS, duplicateWithinMs: 1000 };
/** So that many of the few visitors pass for bots. */
const STRICT: Filters = {
  ...FILTERS,
  maxRankingsPerMinute: 2,
  minReactionMs: 500,
  minFastActions: 2,
  maxClickedShare: 0.4,
  minShownItems: 9,
  maxClicksWithoutDwell: 2,
};
const METRICS: readonly MetricDefinition[] = [
  { name: 'clicked', kind: 'proportion', numerator: 'click', better: 'higher' },
  { name: 'dwell', kind: 'mean', numerator: 'dwell_seconds', better: 'higher' },
  { name: 'scrolled', kind: 'mean', numerator: 'scroll_share', better: 'higher' },
  {
    name: 'clicks_per_ranking',
    kind: 'ratio',
    numerator: 'click',
    denominator: 'rankings',
    better: 'higher',
  },
  { name: 'value', kind: 'mean', numerator: 'outcome.value', better: 'higher' },
];

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

async function add({ decisions, events, outcomes }: WholeLog): Promise<void> {
  await log.add(decisions, events);
  await recordOutcomes(log.store, outcomes, NOON);
}

/** A few days of a few visitors, crowded enough that everything that can coincide does. */
function randomLog(seed: number): WholeLog {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const decisions: Decision[] = [];
  const events: CollectedEvent[] = [];
  for (let n = 0; n < 60; n++) {
    const session = below(14);
    const arm = ['exp_1:control', 'exp_1:treatment'][random() < 0.15 ? below(2) : session % 2];
    const decision = rankingOf(`r-${n}`, NOON + below(6) * (DAY / 2) + below(3) * 600_000, {
      sessionId: parseSessionId(`s${session}`),
      ...(session % 4 !== 3 && { userId: parseUserId(`u${session >> 1}`) }),
      ...(random() < 0.7 && { arm: random() < 0.3 ? `exp_2:b ${arm}` : arm }),
      request: JSON.stringify({
        context: { device: ['phone', 'desk'][session % 2], hour: n % 24 },
      }),
    });
    decisions.push(decision);
    for (let i = below(6); i > 0; i--) {
      const type = (['click', 'dwell', 'scroll_depth', 'booking'] as const)[below(4)];
      const afterMs = [400, 900, 1700, 5000, DAY][below(5)];
      const { eventId, ...event } = happened(decision, type, {
        slot: below(2),
        afterMs,
        ...(type !== 'click' && { value: type === 'dwell' ? 1000 * below(9) : below(5) / 4 }),
      });
      events.push({ ...event, eventId: `${eventId}-${n}-${i}` as typeof eventId });
    }
  }
  const outcomes = Array.from({ length: 30 }, (_, i): Outcome => {
    const whose = below(14);
    return {
      outcomeId: `o${i}`,
      ...(random() < 0.5 ? { userId: `u${whose >> 1}` } : { sessionId: `s${whose}` }),
      metric: ['value', 'other'][below(2)],
      value: below(50),
      at: NOON + below(8 * DAY) - DAY,
    };
  });
  return { decisions, events, outcomes };
}

const whole = ({ days }: ExperimentStatistics, arm: string, metric: string) =>
  days
    .filter((day) => day.arm === arm)
    .map((day) => day.statistics[metric] as unknown as Record<string, any>); // oxlint-disable-line typescript/no-explicit-any -- statistics of every kind

const total = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

describe('statistics from the log equal the slow and obvious ones', () => {
  test.each(['session', 'user'] as const)('with the %s as unit', async (unit) => {
    await fc.assert(
      fc
        .asyncProperty(fc.integer({ min: 1, max: 1e6 }), fc.boolean(), async (seed, isStopped) => {
          const filters = seed % 2 === 0 ? FILTERS : STRICT;
          const content = randomLog(seed);
          await add(content);
          const experiment = await runningExperiment(log.store, {
            unit,
            metrics: [...METRICS],
            ...(isStopped && { status: 'stopped', stoppedAt: NOON + 2 * DAY }),
          });
          const found = await collectStatistics(log.store, experiment, { filters });
          expectEqual(found, experiment, unit, content, filters);
        })
        .afterEach(async () => {
          await log.close();
          log = await openLog();
        }),
      { numRuns: runs(8) },
    );
  });
});

function expectEqual(
  found: ExperimentStatistics,
  experiment: Experiment,
  unit: 'session' | 'user',
  content: WholeLog,
  filters: Filters,
): void {
  const all = oracleUnits(experiment, unit, content, { attributionDays: 7, filters });
  const units = all.filter(({ arms }) => arms === 1);
  expect(found.multipleExposure).toEqual({ units: all.length - units.length, of: all.length });
  for (const { name: arm } of experiment.arms) {
    const own = units.filter((one) => one.arm === arm);
    const read = (metric: string) => whole(found, arm, metric);
    const mean = (column: string) => own.map((one) => one.after(column));
    const post = (metric: string, part: 'n' | 'sum' | 'sumSquares') =>
      total(read(metric).map((one) => (unit === 'user' ? one.post : one)[part]));
    expect(post('clicked', 'n')).toBe(own.length);
    expect(post('clicked', 'sum')).toBe(mean('click').filter((n) => n > 0).length);
    expect(post('dwell', 'sum')).toBeCloseTo(total(mean('dwell_seconds')), 8);
    expect(post('dwell', 'sumSquares')).toBeCloseTo(
      total(mean('dwell_seconds').map((x) => x * x)),
      6,
    );
    expect(post('scrolled', 'sum')).toBeCloseTo(total(mean('scroll_share')), 8);
    expect(post('value', 'sum')).toBeCloseTo(total(mean('outcome.value')), 8);
    const ratio = read('clicks_per_ranking').map((one) => ('post' in one ? one.post : one));
    expect(total(ratio.map((one) => one.numerator.sum))).toBe(total(mean('click')));
    expect(total(ratio.map((one) => one.denominator.sum))).toBe(total(mean('rankings')));
    expect(total(ratio.map((one) => one.sumProducts))).toBe(
      total(own.map((one) => one.after('click') * one.after('rankings'))),
    );
    for (const day of new Set(found.days.map((one) => one.day))) {
      const ofDay = own.filter(
        ({ firstAt }) => new Date(firstAt).toISOString().slice(0, 10) === day,
      );
      const shown = found.days.find((one) => one.day === day && one.arm === arm)!;
      expect(shown.units).toBe(ofDay.length);
      expectProducts(
        shown,
        'dwell',
        'value',
        ofDay.map((one) => [one.after('dwell_seconds'), one.after('outcome.value')]),
      );
    }
    if (unit !== 'user') continue;
    for (const [metric, column] of [
      ['dwell', 'dwell_seconds'],
      ['value', 'outcome.value'],
    ]) {
      expect(total(read(metric).map((one) => one.pre.sum))).toBeCloseTo(
        total(own.map((one) => one.before(column))),
        8,
      );
      expect(total(read(metric).map((one) => one.sumProducts))).toBeCloseTo(
        total(own.map((one) => one.before(column) * one.after(column))),
        6,
      );
    }
    for (const [product, after, before] of [
      ['numerators', 'click', 'click'],
      ['numeratorByDenominator', 'click', 'rankings'],
      ['denominatorByNumerator', 'rankings', 'click'],
      ['denominators', 'rankings', 'rankings'],
    ])
      expect(
        total(read('clicks_per_ranking').map((one) => one.sumProducts[product])),
        product,
      ).toBe(total(own.map((one) => one.after(after) * one.before(before))));
  }
  for (const dimension of ['hour', 'visitor', 'device'])
    expect(
      total(found.segments.filter((one) => one.dimension === dimension).map((one) => one.units)),
      // What fewer than five units have in common is not told.
    ).toBe(dimension === 'device' && units.length < 5 ? 0 : units.length);
}

function expectProducts(
  { products }: ArmStatistics,
  a: string,
  b: string,
  pairs: readonly (readonly [number, number])[],
): void {
  const [i, j] = [products.columns.indexOf(a), products.columns.indexOf(b)];
  const width = products.columns.length;
  const crossed = total(pairs.map(([x, y]) => x * y));
  expect(products.products[i * width + j]).toBeCloseTo(crossed, 6);
  expect(products.products[j * width + i]).toBe(products.products[i * width + j]);
  expect(products.sums[i]).toBeCloseTo(total(pairs.map(([x]) => x)), 8);
}

const visit = (name: string, arm: string, changes: Partial<Decision> = {}) =>
  rankingOf(name, NOON, { arm: `exp_1:${arm}`, ...changes });

test.each([
  ['an experiment', 'experiment', null, { clicks: 7, rankings: 3 }],
  ['a rollout of a placement', 'rollout', 'home', { clicks: 1, rankings: 1 }],
  ['a rollout of the default lineage', 'rollout', null, { clicks: 2, rankings: 1 }],
] as const)('of %s counts what was done within its lineage', async (_, kind, lineage, counted) => {
  const champion = 'v000001' as Version;
  const placements = { home: { champion }, search: { champion } };
  const pointer = { champion, placements };
  await log.store.write([recordLive(log.store, { pointer, text: champion, since: 0 })]);
  const session = { sessionId: parseSessionId('s-1') };
  const at = (placement: string, afterMs: number) => ({
    ...visit(`r-${placement}`, 'treatment', session),
    at: NOON + afterMs,
    context: { placement: placement as Placement, consent: 'measure' as const },
  });
  const shown = [at('home', 0), at('main', 1000), at('search', 2000)];
  const events = shown.flatMap((one, i) =>
    Array.from({ length: [1, 2, 4][i] }, (_click, n) =>
      happened(one, 'click', {
        afterMs: 5000 + n * 2000,
        placement: one.context.placement,
      }),
    ),
  );
  await add({ decisions: shown, events, outcomes: [] });
  const experiment = await runningExperiment(log.store, {
    kind,
    lineage,
    placements: lineage === null ? null : [lineage],
    metrics: METRICS.filter(({ name }) => name === 'clicks_per_ranking'),
  });
  const found = await collectStatistics(log.store, experiment);
  const [read] = whole(found, 'treatment', 'clicks_per_ranking');
  expect({ clicks: read.numerator.sum, rankings: read.denominator.sum }).toEqual(counted);
});

/** Outcomes are powers of ten, so that their sum says which of them counted. */
test.each([
  ['an experiment', 'experiment', null, 1_111_111],
  ['a rollout of a placement', 'rollout', 'home', 1_001],
  ['a rollout of the default lineage', 'rollout', null, 1_100_010],
  ['a rollout of another placement', 'rollout', 'search', 10_100],
] as const)(
  'of %s outcomes count by the placement of their ranking',
  async (_, kind, lineage, sum) => {
    const champion = 'v000001' as Version;
    const placements = { home: { champion }, search: { champion } };
    const pointer = { champion, placements };
    await log.store.write([recordLive(log.store, { pointer, text: champion, since: 0 })]);
    const at = (session: string, placement: string, afterMs: number) => ({
      ...visit(`r-${session}-${placement}`, 'treatment', { sessionId: parseSessionId(session) }),
      at: NOON + afterMs,
      context: { placement: placement as Placement, consent: 'measure' as const },
    });
    const touch = (one: ReturnType<typeof at>) =>
      happened(one, 'save', { afterMs: 1000, placement: one.context.placement });
    const [home, main, search] = [
      at('s-1', 'home', 0),
      at('s-1', 'main', 10_000),
      at('s-1', 'search', 20_000),
    ];
    const untouched = [at('s-2', 'home', 0), at('s-2', 'main', 10_000)];
    // The last touch is not of the last ranking.
    const other = [at('s-3', 'main', 0), at('s-3', 'home', 10_000)];
    const value = (n: number, sessionId: string, atMs: number): Outcome => ({
      outcomeId: `o-${n}`,
      sessionId,
      metric: 'value',
      value: 10 ** n,
      at: atMs,
      // Where it came about says nothing of which ranking it came of.
      placement: 'checkout',
    });
    await add({
      decisions: [home, main, search, ...untouched, ...other],
      events: [touch(home), touch(main), touch(search), touch(other[0])],
      outcomes: [
        value(0, 's-1', NOON + 5000),
        value(1, 's-1', NOON + 15_000),
        value(2, 's-1', NOON + 25_000),
        value(3, 's-2', NOON + 5000),
        value(5, 's-2', NOON + 15_000),
      ],
    });
    await bringUpToDate(log.store, { filters: FILTERS });
    // All days up to then are closed, so that what comes now is credited to sessions alone, a year after anything was touched.
    await log.store.write([
      log.store.db.update(outcomeRows).set({ creditedRanking: null, creditedItem: null }),
    ]);
    await recordOutcomes(
      log.store,
      [value(4, 's-1', NOON + 400 * DAY), value(6, 's-3', NOON + 400 * DAY)],
      NOON + 400 * DAY,
    );
    const experiment = await runningExperiment(log.store, {
      kind,
      lineage,
      placements: lineage === null ? null : [lineage],
      metrics: METRICS.filter(({ name }) => name === 'value'),
    });
    const found = await collectStatistics(log.store, experiment, { filters: FILTERS });
    expect(whole(found, 'treatment', 'value')).toMatchObject([{ n: 3, sum }]);
  },
);

test('revenue is capped over both arms together', async () => {
  const decisions = [10, 20, 30, 5000].map((_, i) =>
    visit(`r${i}`, i < 2 ? 'control' : 'treatment'),
  );
  const events = [10, 20, 30, 5000].map((value, i) => happened(decisions[i], 'booking', { value }));
  await add({ decisions, events, outcomes: [] });
  const experiment = await runningExperiment(log.store, {
    metrics: [
      {
        name: 'revenue',
        kind: 'mean',
        numerator: 'booking_value',
        better: 'higher',
        winsorShare: 2 / 3,
      },
    ],
  });
  const found = await collectStatistics(log.store, experiment, { filters: FILTERS });
  expect(whole(found, 'control', 'revenue')).toMatchObject([{ n: 2, sum: 30 }]);
  expect(whole(found, 'treatment', 'revenue')).toMatchObject([{ n: 2, sum: 60 }]);
});

test('sessions that are not people are left out and counted, by the filters of training', async () => {
  const people = [1, 2, 3].map((n) => visit(`person-${n}`, n % 2 ? 'control' : 'treatment'));
  const crawler = Array.from({ length: 70 }, (_, n) =>
    visit(`crawl-${n}`, 'control', { at: NOON + n * 100, sessionId: parseSessionId('crawler') }),
  );
  const clicker = Array.from({ length: 10 }, (_, n) =>
    visit(`click-${n}`, 'treatment', {
      at: NOON + n * 60_000,
      sessionId: parseSessionId('clicker'),
    }),
  );
  const hasty = visit('hasty', 'treatment');
  await add({
    decisions: [...people, ...crawler, ...clicker, hasty],
    events: [
      ...people.map((one) => happened(one, 'click')),
      ...clicker.flatMap((one) => [0, 1, 2].map((slot) => happened(one, 'click', { slot }))),
      ...[0, 1, 2].map((slot) => happened(hasty, 'click', { slot, afterMs: 20 })),
    ],
    outcomes: [],
  });
  const { statistics, refusedUnits } = await collectNow(
    log.store,
    await runningExperiment(log.store),
  );
  expect(refusedUnits).toBe(3);
  expect(statistics.refused).toEqual([1, 2]);
  expect(statistics.days.map(({ arm, units }) => [arm, units])).toEqual([
    ['control', 2],
    ['treatment', 1],
  ]);
});

test('what is ingested between the update of the account and the collection is in no figure, and not refused', async () => {
  const experiment = await runningExperiment(log.store);
  await add({ decisions: [visit('known', 'control')], events: [], outcomes: [] });
  const before = await collectNow(log.store, experiment);
  const late = visit('late', 'treatment', { userId: parseUserId('ana') });
  await add({ decisions: [late], events: [happened(late, 'click')], outcomes: [] });
  expect(await collect(log.store, experiment)).toEqual(before);
  const { statistics, refusedUnits } = await collectNow(log.store, experiment);
  expect(refusedUnits).toBe(0);
  expect(statistics.days.map(({ arm, units }) => [arm, units])).toEqual([
    ['control', 1],
    ['treatment', 1],
  ]);
});

test('nor does it make a unit one of several arms, or one that another experiment was carried over to', async () => {
  await runningExperiment(log.store, { id: 'exp_0', stoppedAt: NOON - DAY, status: 'stopped' });
  const experiment = await runningExperiment(log.store, { startedAt: NOON });
  const one = { sessionId: parseSessionId('one') };
  await add({ decisions: [visit('first', 'control', one)], events: [], outcomes: [] });
  const before = await collectNow(log.store, experiment);
  const others = [
    visit('second', 'treatment', one),
    visit('earlier', 'control', { ...one, at: NOON - 2 * DAY, arm: 'exp_0:control' }),
  ];
  await add({ decisions: others, events: [], outcomes: [] });
  expect(before.statistics.carryOver).toEqual([]);
  expect(await collect(log.store, experiment)).toEqual(before);
  const { statistics } = await collectNow(log.store, experiment);
  expect(statistics.days).toEqual([]);
});

test('what was done before the exposure or after the stop does not count', async () => {
  const [early, late] = [
    visit('early', 'control', { arm: undefined, sessionId: parseSessionId('one') }),
    visit('late', 'control', { at: NOON + 3_600_000, sessionId: parseSessionId('one') }),
  ];
  await add({
    decisions: [early, late],
    events: [
      happened(early, 'click'),
      happened(early, 'save', { afterMs: 4_000_000 }),
      happened(late, 'click', { afterMs: 10_000 }),
      happened(late, 'contact', { afterMs: DAY }),
    ],
    outcomes: [],
  });
  const found = await collectStatistics(
    log.store,
    await runningExperiment(log.store, { stoppedAt: NOON + 7_200_000, status: 'stopped' }),
  );
  const sums = found.days[0].statistics;
  expect(sums).toMatchObject({
    click_through: { sum: 1 },
    saves: { sum: 1 },
    contacts: { sum: 0 },
    clicks_per_ranking: { numerator: { sum: 1 }, denominator: { sum: 1 } },
  });
});

test('a window counts as if the experiment had begun and been stopped with it', async () => {
  const decisions = [0, 1, 2, 3].map((day) =>
    visit(`d${day}`, 'control', { at: NOON + day * DAY }),
  );
  await add({ decisions, events: decisions.map((one) => happened(one, 'click')), outcomes: [] });
  const found = await collectStatistics(log.store, await runningExperiment(log.store), {
    from: NOON + DAY,
    to: NOON + 2 * DAY + 1000,
  });
  expect(found.days.filter(({ arm }) => arm === 'control')).toMatchObject([
    { day: '2026-03-11', units: 1, statistics: { click_through: { sum: 1 } } },
    { day: '2026-03-12', units: 1, statistics: { click_through: { sum: 0 } } },
  ]);
});

test('units that were in an experiment before are counted by its arms', async () => {
  const [user, other] = [parseUserId('back'), parseUserId('other')];
  await runningExperiment(log.store, { id: 'exp_0', status: 'stopped', stoppedAt: NOON - 1000 });
  const decisions = [
    visit('before', 'b', { arm: 'exp_0:b', at: NOON - 5000, userId: user }),
    visit('again', 'treatment', { userId: user }),
    visit('new', 'control', { userId: other }),
  ];
  await add({ decisions, events: [], outcomes: [] });
  const experiment = await runningExperiment(log.store, { startedAt: NOON - 500 });
  const found = await collectStatistics(log.store, experiment);
  expect(found.carryOver).toEqual([{ experiment: 'exp_0', arm: 'b', units: [0, 1] }]);
});

test('rare values of a segment are one, and a context that is odd breaks nothing', async () => {
  const decisions = Array.from({ length: 80 }, (_, n) =>
    visit(`r${n}`, 'control', {
      request: JSON.stringify({
        context: {
          country: n < 60 ? `c${n % 12}` : `a person's ${n}`,
          [`of one person ${n}`]: 1,
          __proto__: null,
          toString: 'x',
          hour: 99,
        },
      }),
    }),
  );
  await add({ decisions, events: [], outcomes: [] });
  const found = await collectStatistics(log.store, await runningExperiment(log.store));
  const values = new Set(
    found.segments.filter((one) => one.dimension === 'country').map((one) => one.value),
  );
  expect(values.size).toBe(11);
  expect(values).toContain('other');
  expect(JSON.stringify(found)).not.toMatch(/person/);
  expect(found.segments.find((one) => one.dimension === 'hour')!.value).toBe('12–17');
  expect(found.segments.some((one) => one.dimension === 'toString')).toBe(true);
});

test('an interleaved experiment gives each session what its items earned for either arm', async () => {
  const teams = Uint8Array.of(0, 1, 1);
  const [clicks, none] = [
    visit('r1', 'control', { teams, sessionId: parseSessionId('one') }),
    visit('r2', 'treatment', { teams, sessionId: parseSessionId('two') }),
  ];
  const again = visit('r3', 'control', { teams, at: NOON + 5, sessionId: parseSessionId('one') });
  await add({
    decisions: [clicks, none, again],
    events: [
      happened(clicks, 'click', { slot: 1 }),
      happened(clicks, 'click', { slot: 1, afterMs: 9000 }),
      happened(clicks, 'click', { slot: 2 }),
      happened(again, 'click', { slot: 0 }),
      happened(none, 'save', { slot: 0 }),
    ],
    outcomes: [],
  });
  const experiment = await runningExperiment(log.store, { design: 'interleaved' });
  const { interleaving, days } = await collectStatistics(log.store, experiment);
  expect(interleaving).toEqual({
    sessions: 2,
    wins: { control: 0, treatment: 1 },
    clicks: { control: 1, treatment: 2 },
  });
  expect(days).toEqual([]);
});

test('one visitor who sends numbers beyond all sums leaves the report of everybody as it was', async () => {
  const experiment = await runningExperiment(log.store, { metrics: [...METRICS] });
  const shown = ['a', 'b'].map((name, i) =>
    rankingOf(name, NOON, { arm: `exp_1:${['control', 'treatment'][i]}` }),
  );
  const events = shown.map((one) => happened(one, 'dwell', { value: 3000 }));
  await log.add(shown, events);
  const before = await collectStatistics(log.store, experiment);
  const [{ sessionId }] = shown;
  await log.add(
    [],
    [1.7e308, -1.7e308, 1e200].map((value, i) =>
      happened(shown[0], 'dwell', { value, afterMs: 60_000 * (i + 1) }),
    ),
  );
  const outcome = { metric: 'value', sessionId, at: NOON + DAY };
  await recordOutcomes(log.store, [{ ...outcome, outcomeId: 'o', value: 1e300 }], NOON);
  expect(await collectStatistics(log.store, experiment)).toEqual(before);
});

test('what a page calls its context takes no place of what is told of every visitor', async () => {
  const experiment = await runningExperiment(log.store);
  const contexts = [
    { visitor: 'king', hour: 25, ['x'.repeat(65)]: 1, device: 'p'.repeat(3000) },
    { visitor: 'half \ud83d', __proto__x: 1, device: 'desk' },
  ].map((context) => JSON.stringify({ context }));
  const odd = ['no JSON', 'null', '{"context":null}', '{"context":"abc"}', '{"context":[]}'];
  const requests = [...Array.from({ length: 10 }, (_, i) => contexts[i % 2]), ...odd];
  await log.add(
    requests.map((request, i) => rankingOf(`r-${i}`, NOON, { arm: 'exp_1:control', request })),
  );
  const { segments } = await collectStatistics(log.store, experiment);
  const of = (name: string) =>
    segments.filter(({ dimension, arm }) => dimension === name && arm === 'control');
  expect(of('visitor').map(({ value }) => value)).toEqual(['anonymous']);
  expect(of('device').map(({ value }) => value)).toEqual(['desk', 'p'.repeat(64), 'unknown']);
  expect(new Set(segments.map(({ dimension }) => dimension))).toEqual(
    new Set(['hour', 'visitor', '__proto__x', 'device']),
  );
});

test('a metric with a horizon reads a unit once its horizon is over, and what came until then', async () => {
  const first = rankingOf('r-first', NOON, {
    sessionId: parseSessionId('early'),
    arm: 'exp_1:control',
  });
  const second = rankingOf('r-second', NOON + 3 * DAY, {
    sessionId: parseSessionId('late'),
    arm: 'exp_1:control',
  });
  await log.add([first, second], [happened(first, 'click'), happened(second, 'click')]);
  const outcome = (sessionId: string, value: number, afterDays: number): Outcome => ({
    outcomeId: `${sessionId}-${value}`,
    sessionId,
    metric: 'value',
    value,
    at: NOON + afterDays * DAY,
  });
  await recordOutcomes(
    log.store,
    [outcome('early', 5, 1), outcome('early', 7, 3.5), outcome('late', 11, 3.5)],
    NOON,
  );
  const value = { kind: 'mean', numerator: 'outcome.value', better: 'higher' } as const;
  const experiment = await runningExperiment(log.store, {
    metrics: [
      METRICS[0],
      { name: 'so far', ...value },
      { name: 'in two days', ...value, horizonDays: 2 },
    ],
  });
  const read = async (days: number) => {
    const { days: cells } = await collectStatistics(log.store, experiment, {
      filters: FILTERS,
      nowMs: NOON + days * DAY,
    });
    const own = cells.filter(({ arm }) => arm === 'control');
    return own.map(({ units, statistics, products }) => {
      const { n, sum } = statistics['in two days'] as { n: number; sum: number };
      return { units, clicked: statistics.clicked, soFar: statistics['so far'], n, sum, products };
    });
  };
  const one = { clicked: { kind: 'proportion', n: 1, sum: 1 } };
  expect(await read(1.9)).toMatchObject([
    { units: 1, n: 0, sum: 0, ...one },
    { units: 1, n: 0, sum: 0, ...one },
  ]);
  expect(await read(4)).toMatchObject([
    { units: 1, n: 1, sum: 5, soFar: { n: 1, sum: 12 }, ...one },
    // It has an outcome already, and one without would have none: to count it now would favour the quick.
    { units: 1, n: 0, sum: 0, soFar: { n: 1, sum: 11 }, ...one },
  ]);
  expect(await read(5)).toMatchObject([
    { n: 1, sum: 5, products: { n: 1, columns: ['clicked', 'so far'] } },
    { n: 1, sum: 11 },
  ]);
});
