import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clicksByDay } from '../../../../backend/experiments/clicks.ts';
import { readDayRates } from '../../../../backend/monitor/daily-rates.ts';
import { versionsBetween } from '../../../../backend/reports/versions-of-month.ts';
import type { Decision } from '../../../../shared/domain/decision.ts';
import { parseRankingId, parseSessionId, versionOf } from '../../../../shared/domain/ids.ts';
import { dayOf, floorToDay } from '../../../../shared/domain/utc-day.ts';
import { runs } from '../../../shared/support/seed.ts';
import { DAY, happened, NOON, openLog, rankingOf } from '../support/log.ts';

const FIRST = NOON - DAY;
const SPAN = { from: floorToDay(FIRST), to: floorToDay(NOON) + DAY };

/** A page of a list of one visitor. Lists are few, so that pages of one are of several days, versions and sessions. */
const page = fc.record({
  list: fc.nat(5),
  isFurther: fc.boolean(),
  isOnNextDay: fc.boolean(),
  isOfOther: fc.boolean(),
  session: fc.nat(2),
  isClicked: fc.boolean(),
  isSiteOrder: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  isLate: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
});
type Page = typeof page extends fc.Arbitrary<infer T> ? T : never;

/** The first page of a list that is said to be one has its name; the rest name it, whether it is there or not. */
function decisionsOf(pages: readonly Page[]): Decision[] {
  const begun = new Set<number>();
  return pages.map(({ list, isFurther, isOnNextDay, isOfOther, session, isSiteOrder }, n) => {
    const isFirst = !isFurther && !begun.has(list);
    if (isFirst) begun.add(list);
    return rankingOf(isFirst ? `list-${list}` : `page-${n}`, (isOnNextDay ? NOON : FIRST) + n, {
      sessionId: parseSessionId(`session-${session}`),
      weights: versionOf(isOfOther ? 1 : 0),
      ...(!isFirst && { page: { offset: 3, of: parseRankingId(`list-${list}`) } }),
      ...(isSiteOrder && { siteOrder: true as const }),
    });
  });
}

interface Counted {
  readonly search: string;
  readonly version: string;
  readonly day: string;
  readonly session: string;
  readonly siteOrder: number;
  readonly clicked: number;
}

test('searches are counted as sets of their ids, wherever first pages are', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(page, { minLength: 1, maxLength: 40 }),
      fc.option(fc.nat(2)),
      async (pages, bot) => {
        const log = await openLog(NOON + DAY);
        try {
          const { store } = log;
          const decisions = decisionsOf(pages);
          await log.add(
            decisions,
            decisions.flatMap((one, n) => (pages[n].isClicked ? happened(one, 'click') : [])),
          );
          await log.update();
          const late = decisions.filter((_, n) => pages[n].isLate);
          await store.write([
            {
              toSQL: () => ({
                sql: `insert into late_rankings (rankingId, at) select value, 0 from json_each(?)`,
                params: [JSON.stringify(late.map(({ rankingId }) => rankingId))],
              }),
            },
            {
              toSQL: () => ({
                sql: `update session_days set fault = 'bot' where sessionId = ? and day = ?`,
                params: [`session-${bot}`, floorToDay(NOON)],
              }),
            },
          ]);
          const rows = await store.db.all<Counted>(sql`
            select coalesce(d.firstPage, d.rankingId) as search, d.weights as version,
              date(d.at / 1000, 'unixepoch') as day, d.sessionId as session, d.siteOrder,
              exists (select 1 from events e where e.rankingId = d.rankingId and e.type = 'click' and e.fault = '') as clicked
            from decisions d where d.rankingId not in (select rankingId from late_rankings)
              and not exists (select 1 from session_days s where s.sessionId = d.sessionId
                and s.fault is not null and s.day = d.at - d.at % ${DAY})`);
          const searches = (of: readonly Counted[]) => new Set(of.map(({ search }) => search)).size;
          const counted = (of: readonly Counted[] = []) => ({
            rankings: searches(of),
            clicked: searches(of.filter(({ clicked }) => clicked === 1)),
          });
          const served = rows.filter(({ siteOrder }) => siteOrder === 0);
          const byDay = Map.groupBy(served, ({ version, day }) => `${version} ${day}`);
          expect(
            (await clicksByDay(store, SPAN)).map(({ version, day, rankings, clicked }) => [
              `${version} ${day}`,
              { rankings, clicked },
            ]),
          ).toEqual(
            [...byDay]
              .map(([key, of]) => [key, counted(of)])
              .toSorted(([a], [b]) => (a < b ? -1 : 1)),
          );
          const [other] = await clicksByDay(store, { ...SPAN, versions: [versionOf(1)] }).then(
            (days) => days.filter(({ day }) => day === dayOf(NOON)),
          );
          const own = byDay.get(`${versionOf(1)} ${dayOf(NOON)}`);
          expect(other && { rankings: other.rankings, clicked: other.clicked }).toEqual(
            own && counted(own),
          );
          for (const at of [FIRST, NOON]) {
            const { rankings, clicked } = await readDayRates(store, dayOf(at));
            expect({ rankings, clicked }).toEqual(
              counted(rows.filter(({ day }) => day === dayOf(at))),
            );
          }
          // Each visitor's searches by themselves.
          const months = await versionsBetween(store, SPAN.from, SPAN.to);
          for (const version of [versionOf(0), versionOf(1)]) {
            const visits = Map.groupBy(
              served.filter((row) => row.version === version),
              ({ session, day }) => `${session} ${day}`,
            );
            const sum = (key: 'rankings' | 'clicked') =>
              [...visits.values()].reduce((total, of) => total + counted(of)[key], 0);
            const month = months.find((one) => one.version === version);
            expect([month?.sessions ?? 0, month?.rankings ?? 0, month?.clicked ?? 0]).toEqual([
              visits.size,
              sum('rankings'),
              sum('clicked'),
            ]);
          }
        } finally {
          await log.close();
        }
      },
    ),
    { numRuns: runs(15) },
  ));
