import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { DAY_MS, dayOf } from '../../shared/domain/utc-day.ts';
import { averagesOf, revenueDifference, type Averages, type Estimate } from './estimates.ts';
import { diversityOf, type Diversity } from './diversity.ts';
import { firstDay, servedRankings, type Grouping } from './served.ts';
import { added, type Did } from './visitor-sums.ts';

/** What visitors of a version or an arm did, and what they were shown. */
export interface GroupFigures extends Averages {
  readonly group: string;
  readonly diversity: Diversity;
  /** Revenue per visitor less that of the reference, of visitors who saw one of the two alone. Absent of the reference itself. */
  readonly revenueDifference?: Estimate;
}

export interface DayFigures extends GroupFigures {
  /** `2026-11-22`, UTC. */
  readonly day: string;
}

export interface BusinessFigures {
  /** What the others are compared with; absent where nothing was served. */
  readonly reference?: string;
  /** The group that most rankings are of first. By version without a difference: versions were mostly live on different days. */
  readonly groups: readonly GroupFigures[];
  /** Oldest first. */
  readonly days: readonly DayFigures[];
  /** Visitors who saw more than one group, who are left out of differences. */
  readonly mixed: number;
  /** Items in today's catalogue. */
  readonly catalogue: number;
}

/** Visitor → what they did. */
type Visitors = Map<string, Did>;

/**
 * Figures by version or arm, over a span and by UTC day, of what people did with what they were served. What came of a ranking counts
 * on the day of the ranking, whenever it came: figures of days that are not closed yet still grow.
 * @param to exclusive. @param wanted the reference, where it served anybody; else the group with most rankings is.
 */
export async function businessFigures(
  db: LibSQLDatabase,
  { from, to }: { readonly from: number; readonly to: number },
  grouping: Grouping,
  wanted?: string,
): Promise<BusinessFigures> {
  const items = await db.all<{ id: string }>(sql`select id from items`);
  const catalogue = new Set(items.map(({ id }) => id));
  const whole = new Map<string, Visitors>();
  const shownInAll = new Map<string, Map<string, number>>();
  const daily: {
    day: string;
    did: Map<string, Visitors>;
    shown: Map<string, Map<string, number>>;
  }[] = [];
  for (let start = await firstDay(db, from); start < to; start += DAY_MS) {
    const span = [Math.max(from, start), Math.min(to, start + DAY_MS)] as const;
    const did = await visitorsOf(db, ...span, grouping);
    if (did.size === 0) continue;
    const shown = await shownIn(db, ...span, grouping);
    for (const [group, visitors] of did)
      for (const [visitor, one] of visitors) {
        const all = within(whole, group, () => new Map());
        const before = all.get(visitor);
        all.set(visitor, before === undefined ? one : added(before, one));
      }
    for (const [group, counts] of shown)
      for (const [item, n] of counts) {
        const all = within(shownInAll, group, () => new Map());
        all.set(item, (all.get(item) ?? 0) + n);
      }
    daily.push({ day: dayOf(start), did, shown });
  }
  const rankingsOf = (visitors: Visitors) =>
    [...visitors.values()].reduce((sum, { rankings }) => sum + rankings, 0);
  const order = [...whole]
    .toSorted((a, b) => rankingsOf(b[1]) - rankingsOf(a[1]))
    .map(([group]) => group);
  const reference = wanted !== undefined && whole.has(wanted) ? wanted : order[0];
  const figuresOf = (
    group: string,
    did: ReadonlyMap<string, Visitors>,
    shown: ReadonlyMap<string, ReadonlyMap<string, number>>,
    isCompared: boolean,
    mixed: ReadonlySet<string>,
  ): GroupFigures => {
    const visitors = did.get(group)!;
    const against = did.get(reference);
    return {
      group,
      ...averagesOf([...visitors.values()]),
      diversity: diversityOf(shown.get(group) ?? new Map(), catalogue),
      ...(isCompared &&
        group !== reference &&
        against !== undefined && {
          revenueDifference: revenueDifference(without(visitors, mixed), without(against, mixed)),
        }),
    };
  };
  const isArm = grouping.by === 'arm';
  const mixed = inSeveral(whole);
  return {
    ...(reference !== undefined && { reference }),
    groups: order.map((group) => figuresOf(group, whole, shownInAll, isArm, mixed)),
    days: daily.flatMap(({ day, did, shown }) => {
      const onDay = isArm ? mixed : inSeveral(did);
      return [...did.keys()]
        .toSorted()
        .map((group) => ({ day, ...figuresOf(group, did, shown, true, onDay) }));
    }),
    mixed: mixed.size,
    catalogue: catalogue.size,
  };
}

const within = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  let found = map.get(key);
  if (found === undefined) map.set(key, (found = make()));
  return found;
};

const without = (visitors: Visitors, left: ReadonlySet<string>): Did[] =>
  [...visitors].flatMap(([visitor, did]) => (left.has(visitor) ? [] : did));

function inSeveral(groups: ReadonlyMap<string, Visitors>): Set<string> {
  const [seen, several] = [new Set<string>(), new Set<string>()];
  for (const visitors of groups.values())
    for (const visitor of visitors.keys()) (seen.has(visitor) ? several : seen).add(visitor);
  return several;
}

async function visitorsOf(
  db: LibSQLDatabase,
  from: number,
  to: number,
  grouping: Grouping,
): Promise<Map<string, Visitors>> {
  const count = (type: string) => sql`count(*) filter (where e.type = ${type})`;
  const sum = (type: string) => sql`coalesce(sum(e.value) filter (where e.type = ${type}), 0)`;
  const rows = await db.all<Did & { grp: string; visitor: string }>(sql`
    select grp, visitor, count(distinct search) as rankings,
      count(distinct case when clicks > 0 then search end) as clicked, sum(clicks) as clicks,
      sum(starts) as bookingStarts, sum(bookings) as bookings, sum(revenue) as revenue,
      sum(dwells) as dwells, sum(dwellMs) / 1000.0 as dwellSeconds,
      sum(answers) as answers, sum(answerScores) as answerScores, sum(dismissals) as dismissals
    from (
      select r.grp, r.visitor, r.search, ${count('click')} as clicks, ${count('booking_start')} as starts,
        ${count('booking')} as bookings, ${sum('booking')} as revenue,
        count(e.value) filter (where e.type = 'dwell') as dwells, ${sum('dwell')} as dwellMs,
        count(e.value) filter (where e.type = 'survey') as answers, ${sum('survey')} as answerScores,
        ${count('not_interested')} as dismissals
      from ${await servedRankings(db, from, to, grouping)} r
      left join events e on e.rankingId = r.rankingId and e.fault = ''
        and e.type in ('click', 'booking_start', 'booking', 'dwell', 'survey', 'not_interested')
      group by r.rankingId)
    group by 1, 2`);
  const groups = new Map<string, Visitors>();
  for (const { grp, visitor, ...did } of rows)
    within(groups, grp, () => new Map()).set(visitor, did);
  return groups;
}

async function shownIn(
  db: LibSQLDatabase,
  from: number,
  to: number,
  grouping: Grouping,
): Promise<Map<string, Map<string, number>>> {
  const rows = await db.all<{ grp: string; item: string; n: number }>(sql`
    select r.grp, i.value as item, count(*) as n
    from ${await servedRankings(db, from, to, grouping)} r, json_each(r.itemIds) i group by 1, 2`);
  const groups = new Map<string, Map<string, number>>();
  for (const { grp, item, n } of rows) within(groups, grp, () => new Map()).set(item, n);
  return groups;
}
