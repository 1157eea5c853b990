import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  storeMonthlyReport,
  storedReport,
  writeReport,
} from '../../../backend/reports/store-monthly-report.ts';
import { monthlyReport } from '../../../backend/reports/monthly-report.ts';
import { monthBefore, parseMonth } from '../../../backend/reports/months.ts';
import { rateOf } from '../../../backend/reports/rate.ts';
import { recordAudit } from '../../../backend/store/audit.ts';
import { openStore } from '../../../backend/store/open.ts';
import {
  alerts,
  evaluations,
  experimentReports,
  experiments,
  metricWeights,
  reports,
  rolloutDecisions,
  rollouts,
  runs,
} from '../../../backend/store/tables.ts';
import { parseSessionId, versionOf } from '../../../shared/domain/ids.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { DAY, happened, openLog, rankingOf, type Log } from '../log/support/log.ts';
import { bringUpToDate } from '../log/support/bring-up-to-date.ts';
import { sumsOf } from './sums-of.ts';

const MARCH = Date.UTC(2026, 2, 1);
const APRIL = Date.UTC(2026, 3, 1);
const HOUR = DAY / 24;
const AFTER = APRIL + 7 * HOUR;

let log: Log;
beforeEach(async () => {
  log = await openLog(AFTER);
});
afterEach(() => log.close());

/** Visitors of several versions from mid February to mid April. */
function visitors(seed: number) {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const decisions = Array.from({ length: 1500 }, (_, n) =>
    rankingOf(`r${n}`, MARCH - 15 * DAY + below(60 * DAY), {
      weights: versionOf(below(3)),
      sessionId: parseSessionId(`s${below(300)}`),
      degraded: below(20) === 0,
    }),
  );
  // One on either side of each border.
  [MARCH - 1, MARCH, APRIL - 1, APRIL].forEach((at, i) =>
    decisions.push(rankingOf(`border-${i}`, at, { weights: versionOf(0) })),
  );
  const types = ['click', 'click', 'booking', 'dwell'] as const;
  const events = decisions.flatMap((decision) =>
    Array.from({ length: below(3) }, (_, slot) =>
      happened(decision, types[below(4)], { slot, afterMs: 1000 + below(12 * HOUR) }),
    ),
  );
  return { decisions, events };
}

test('numbers are those of a slow count over the log', async () => {
  const { decisions, events } = visitors(1);
  await log.add(decisions, events);
  await log.update();
  const { versions } = await monthlyReport(log.store, '2026-03', AFTER);
  const inMarch = decisions.filter(({ at }) => at >= MARCH && at < APRIL);
  expect(versions.map(({ version }) => version).toSorted()).toEqual(
    [...new Set(inMarch.map(({ weights }) => weights))].toSorted(),
  );
  for (const found of versions) {
    const own = inMarch.filter(({ weights }) => weights === found.version);
    const isFollowedBy = (type: string) =>
      new Set(
        own
          .filter(({ rankingId, at }) =>
            events.some(
              (event) =>
                event.rankingId === rankingId &&
                event.type === type &&
                event.receivedAt <= at + 6 * HOUR,
            ),
          )
          .map(({ rankingId }) => rankingId),
      );
    const [clicked, booked] = [isFollowedBy('click'), isFollowedBy('booking')];
    const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
    const visits = Map.groupBy(own, ({ sessionId, at }) => `${dayOf(at)} ${sessionId}`);
    const rateOfHits = (hits: Set<string>) =>
      rateOf(
        sumsOf(
          [...visits.values()].map((rankings) => ({
            rankings: rankings.length,
            hits: rankings.filter(({ rankingId }) => hits.has(rankingId)).length,
          })),
        ),
      );
    expect(found).toMatchObject({
      rankings: own.length,
      sessions: visits.size,
      degraded: own.filter(({ degraded }) => degraded).length,
      clicked: clicked.size,
      booked: booked.size,
      clickThrough: rateOfHits(clicked),
      bookings: rateOfHits(booked),
    });
    const byDay = Map.groupBy(own, ({ at }) => dayOf(at));
    expect(found.days).toEqual(
      [...byDay.keys()].toSorted().map((day) => ({
        day,
        rankings: byDay.get(day)!.length,
        clicked: byDay.get(day)!.filter(({ rankingId }) => clicked.has(rankingId)).length,
        booked: byDay.get(day)!.filter(({ rankingId }) => booked.has(rankingId)).length,
      })),
    );
  }
});

test('champions are told from the audit log, from the first of the month to its end', async () => {
  const moved = (at: number, action: string, text: string) =>
    recordAudit(log.store, { at, actor: 'anna', action, subject: 'x', details: { text } });
  await log.store.write([
    moved(MARCH - 40 * DAY, 'first publish', '{"champion":"v000000"}'),
    moved(MARCH - 20 * DAY, 'promote', '{"champion":"v000001"}'),
    recordAudit(log.store, { at: MARCH + DAY, actor: 'ben', action: 'set weights', subject: 'x' }),
    moved(MARCH + 9 * DAY, 'promote', '{"champion":"v000002","by":"rollout"}'),
    // Arms come and go; the champion stays.
    moved(MARCH + 10 * DAY, 'traffic', '{"champion":"v000002","arms":{"e:b":"v000003"}}'),
    moved(MARCH + 12 * DAY, 'rollback', 'v000001'),
    moved(APRIL + DAY, 'promote', '{"champion":"v000009"}'),
  ]);
  const { live } = await monthlyReport(log.store, '2026-03', APRIL + 9 * DAY);
  expect(live).toEqual([
    { version: 'v000001', from: MARCH, to: MARCH + 9 * DAY, by: 'anna', action: 'promote' },
    {
      version: 'v000002',
      from: MARCH + 9 * DAY,
      to: MARCH + 12 * DAY,
      by: 'anna',
      action: 'promote',
    },
    { version: 'v000001', from: MARCH + 12 * DAY, to: APRIL, by: 'anna', action: 'rollback' },
  ]);
});

const HOSTILE = `<img src=x onerror="alert(1)">'|[a](javascript:alert(1)) ![b](https://evil.example/p.png) \`c\` *d*\n# e`;

/** Everything that people name is hostile. */
async function eventfulMonth() {
  const { db } = log.store;
  const at = MARCH + 5 * DAY;
  await log.store.write([
    recordAudit(log.store, {
      at,
      actor: HOSTILE,
      action: 'promote',
      subject: 'v000001',
      details: { text: '{"champion":"v000001"}' },
    }),
    db.insert(runs).values([
      {
        id: 'run_1',
        status: 'done',
        params: { learner: 'boosted' },
        progress: {
          outcome: HOSTILE,
          gate: { verdict: 'promote', reason: 'gain 0.01', checks: [] },
        },
        version: 'v000001',
        startedAt: at,
        finishedAt: at + 5,
      },
      { id: 'run_2', status: 'failed', params: {}, progress: {}, error: 'too few', startedAt: at },
      {
        id: 'run_3',
        status: 'done',
        params: { kind: 'comparison' },
        progress: {},
        startedAt: at,
      },
      { id: 'run_4', status: 'done', params: {}, progress: {}, startedAt: APRIL },
    ]),
    db.insert(evaluations).values({
      version: 'v000001',
      against: 'v000000',
      at,
      report: { rankings: 77, gate: { verdict: 'keep champion', reason: 'no gain' } },
    }),
    db.insert(rollouts).values({
      id: 'rol_1',
      challenger: 'v000001',
      champion: 'v000000',
      stage: 'withdrawn',
      since: at,
      experiment: 'e',
      rules: {},
      by: 'x',
      createdAt: MARCH - DAY,
      endedAt: at,
    }),
    db.insert(rolloutDecisions).values(
      (
        [
          ['candidate', 'shadow', MARCH - DAY, 'before'],
          ['shadow', 'shadow', MARCH + DAY, 'waits'],
          ['shadow', 'canary 1', MARCH + 2 * DAY, 'enough'],
          ['canary 1', 'withdrawn', MARCH + 5 * DAY, 'harm'],
        ] as const
      ).map(([from, to, when, why]) => ({
        rollout: 'rol_1',
        at: when,
        decision: { from: { stage: from }, next: { stage: to }, why },
      })),
    ),
    db.insert(experiments).values({
      id: 'exp_1',
      name: HOSTILE,
      layer: 'l',
      salt: 's',
      rangeFrom: 0,
      rangeTo: 1,
      traffic: 1,
      arms: [{ name: 'control', weight: 1 }],
      metrics: [],
      guardrails: [],
      minimumPerArm: 1000,
      status: 'stopped',
      createdAt: MARCH,
      startedAt: MARCH,
      stoppedAt: at,
    }),
    db.insert(experimentReports).values(
      ['early', 'b is better'].map((verdict) => ({
        experiment: 'exp_1',
        at,
        statistics: {},
        report: { analysis: { verdict } },
      })),
    ),
    db.insert(metricWeights).values({
      schemaName: 'smarttrip',
      weights: { click: 0.25 },
      author: HOSTILE,
      reason: HOSTILE,
      createdAt: at,
    }),
    db.insert(alerts).values(
      [
        [MARCH - 9 * DAY, MARCH - 1],
        [MARCH - 9 * DAY, MARCH + DAY],
        [at, null],
        [APRIL, null],
      ].map(([openedAt, resolvedAt], i) => ({
        key: `k${i}`,
        kind: 'drift',
        message: HOSTILE,
        details: {},
        openedAt: openedAt!,
        lastSeenAt: at,
        resolvedAt,
      })),
    ),
  ]);
  const { decisions, events } = visitors(2);
  await log.add(decisions, events);
}

const deps = (store = log.store) => ({ store, account: { update: () => bringUpToDate(store) } });

describe('a month in which much happened', () => {
  beforeEach(eventfulMonth);

  test('tells runs and gates, evaluations, rollout steps, verdicts, weights and alerts of it alone', async () => {
    const report = await monthlyReport(log.store, '2026-03', AFTER);
    expect(report).toMatchObject({
      isOver: true,
      runs: [
        { id: 'run_1', learner: 'boosted', gate: { verdict: 'promote', reason: 'gain 0.01' } },
        { id: 'run_2', status: 'failed', outcome: 'too few', gate: null },
      ],
      evaluations: [{ version: 'v000001', rankings: 77, gate: { verdict: 'keep champion' } }],
      rollouts: [
        {
          stage: 'withdrawn',
          steps: [
            { from: 'shadow', to: 'canary 1', why: 'enough' },
            { from: 'canary 1', to: 'withdrawn', why: 'harm' },
          ],
        },
      ],
      experiments: [{ id: 'exp_1', arms: ['control'], verdict: 'b is better' }],
      metricWeights: [{ weights: { click: 0.25 } }],
    });
    expect(report.alerts.map(({ key }) => key)).toEqual(['k1', 'k2']);
  });

  test('shows hostile names as text, in HTML and in Markdown', async () => {
    const { html, markdown } = await writeReport(deps(), '2026-03', AFTER);
    expect(html.match(/<(img|script|iframe|a|object|link)\b/g)).toBeNull();
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;');
    expect(html).toContain('<svg');
    // Attributes hold no quote of somebody else's: every tag is one of ours, whole.
    for (const [tag] of html.matchAll(/<[^>]*>/g))
      expect(tag.replaceAll(/"[^"]*"/g, '')).not.toMatch(/['"]|onerror|javascript/);
    expect(markdown).not.toMatch(/<img|(?<!\\)[\]![`*]|https:\/\//);
    expect(markdown).toContain('&lt;img src=x');
    // A table keeps its columns whatever a cell holds.
    for (const block of markdown.split('\n\n').filter((part) => part.startsWith('| '))) {
      const columns = block.split('\n').map((row) => row.match(/(?<!\\)\|/g)!.length);
      expect(new Set(columns).size).toBe(1);
    }
  });
});

test.each([
  ['2026-03', AFTER, 'Nothing was ranked in 2026-03.'],
  ['2026-04', AFTER, 'Nothing was ranked in 2026-04 until 2026-04-01 07:00.'],
])('a month without data (%s) says so, in every section', async (month, nowMs, summary) => {
  const { report, html, markdown } = await writeReport(deps(), month, nowMs);
  expect(report.versions).toEqual([]);
  expect(markdown).toContain(summary);
  expect(markdown).not.toMatch(/\||NaN|undefined|null/);
  expect(html).not.toMatch(/<svg|NaN|undefined|null/);
});

describe('the report of a month', () => {
  const said: string[] = [];
  const keep = (store = log.store, nowMs = AFTER) =>
    storeMonthlyReport({ ...deps(store), nowMs: () => nowMs, log: (line) => said.push(line) });

  test('is written once, by one of two backends, and stays as it was', async () => {
    const other = await openStore(log.database);
    await log.goOnTo(AFTER);
    await Promise.all([keep(), keep(other)]);
    expect(said).toEqual(['the report of 2026-03 is written: "trimtab report 2026-03" shows it']);
    const before = await storedReport(log.store, '2026-03');
    const { decisions, events } = visitors(3);
    await log.add(decisions, events);
    await keep(other, AFTER + DAY);
    expect(await storedReport(log.store, '2026-03')).toEqual(before);
    expect(before?.report).toMatchObject({ month: '2026-03', versions: [], createdAt: AFTER });
    await log.goOnTo(AFTER + 31 * DAY);
    await keep(log.store, AFTER + 31 * DAY);
    // By a clock that jumped, no month that is to come is taken for over.
    await keep(log.store, AFTER + 400 * DAY);
    const rows = await log.store.db.select({ month: reports.month }).from(reports);
    expect(rows).toEqual([{ month: '2026-03' }, { month: '2026-04' }]);
    await other.close();
  });
});

test.each([
  [Date.UTC(2026, 0, 1), '2025-12'],
  [Date.UTC(2026, 2, 31, 23), '2026-02'],
])('the month before %d is %s', (atMs, month) => {
  expect(monthBefore(atMs)).toBe(month);
});

test.each(['2026-13', '2026-1', '26-01', '2026-01-01', "2026-01'"])('%s is no month', (text) => {
  expect(() => parseMonth(text, AFTER)).toThrow(`must look like 2026-11, but was "${text}"`);
});

test('a month that has not begun has no report', () => {
  expect(() => parseMonth('2026-05', AFTER)).toThrow('has not begun: ask for 2026-04');
});
