import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { classifySession, isDwellLogged, type SessionExclusionReason } from './classify-session.ts';
import type { KnownDay } from './known-days.ts';
import type { Rules } from './rules.ts';
import { keyOf, type SessionDay } from './session-day.ts';
import type { ClassifiedPage } from './store-classified.ts';

/** Dwell counts as logged on a day if most clicking sessions without another reason to be left out also dwelt; so a new session may change whether others count. */
export async function applyDwellRule(
  db: LibSQLDatabase,
  { filters }: Rules,
  measured: readonly SessionDay[],
  before: ReadonlyMap<string, KnownDay>,
  startRevision: number,
): Promise<Pick<ClassifiedPage, 'days' | 'reclassified'>> {
  const most = filters.maxClicksWithoutDwell;
  if (most === null)
    return { days: measured.map((one) => ({ ...one, fault: one.ownFault })), reclassified: [] };
  const counts = new Map<number, { clicked: number; dwelt: number }>();
  const stored = await db.all<{ day: number; clicked: number; dwelt: number }>(sql`
    select day, sum(clickedItems > 0) as clicked, sum(clickedItems > 0 and dwells > 0) as dwelt
    from session_days
    where day in (select value from json_each(${JSON.stringify([...new Set(measured.map(({ day }) => day))])}))
      and revision > ${startRevision}
    group by day`);
  for (const { day, clicked, dwelt } of stored) counts.set(day, { clicked, dwelt });
  const add = (
    { day, clickedItems, dwells }: Pick<SessionDay, 'day' | 'clickedItems' | 'dwells'>,
    sign: 1 | -1,
  ) => {
    const count = counts.get(day) ?? { clicked: 0, dwelt: 0 };
    counts.set(day, count);
    if (clickedItems === 0) return;
    count.clicked += sign;
    if (dwells > 0) count.dwelt += sign;
  };
  for (const one of measured) {
    const was = before.get(keyOf(one));
    if (was !== undefined) add(was, -1);
    add(one, 1);
  }
  const logged = new Set(
    [...counts].flatMap(([day, { clicked, dwelt }]) => (isDwellLogged(clicked, dwelt) ? day : [])),
  );
  const days = measured.map((one) => ({
    ...one,
    fault: classifySession(one.facts, filters, logged.has(one.day)) ?? null,
  }));
  const fresh = new Set(measured.map(keyOf));
  const affected = await db.all<KnownDay>(sql`
    select sessionId, day, fault from session_days
    where day in (select value from json_each(${JSON.stringify([...counts.keys()])}))
      and revision > ${startRevision} and dwells = 0 and clickedItems >= ${Math.max(most, 1)}`);
  const reclassified = affected
    .filter((one) => !fresh.has(keyOf(one)))
    .map(({ sessionId, day, fault: was }) => {
      const fault: SessionExclusionReason | null = logged.has(day) ? 'clicks_without_dwell' : null;
      return { sessionId, day, fault, was };
    })
    .filter(({ fault, was }) => fault !== was);
  return { days, reclassified };
}
