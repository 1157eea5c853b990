import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { STAYS } from './classify-session.ts';
import { applyDwellRule } from './dwell-rule.ts';
import { knownDays } from './known-days.ts';
import { CLASSIFIED, readMark, type ClassifiedMark } from './mark.ts';
import { measureSessionDays } from './measure-session-days.ts';
import type { Rules } from './rules.ts';
import { keyOf, type SessionDayKey } from './session-day.ts';

/** An event that counts, or did until another one was put in its place. */
export interface JudgedEvent {
  readonly rowid: number;
  /** The row id of the event that counts in its place; null: it counts itself. */
  readonly correctedBy: number | null;
  readonly itemId: string | null;
  readonly type: string;
  readonly value: number | null;
}

/** What counts of some sessions on some days. */
export interface Judged {
  /** Sessions that were not a person's on a day, by `keyOf`. */
  readonly bots: ReadonlySet<string>;
  /** Of each of their rankings, also of the bots', what counts of it or did, in order of arrival. */
  readonly events: ReadonlyMap<string, readonly JudgedEvent[]>;
}

/**
 * Classifies sessions by the rules of the account, from all that the log has of them by now, and stores nothing: who reads every few
 * seconds need not have all that came in judged, written and read back.
 * @param rankingIds rankings of other sessions, of which only the events are classified.
 * @param crawlers by `keyOf`: those that stay bots whatever they do next, which are not read again. Added to.
 */
export async function judgeSessions(
  db: LibSQLDatabase,
  rules: Rules,
  asked: { readonly days: readonly SessionDayKey[]; readonly rankingIds: readonly string[] },
  crawlers: Set<string>,
): Promise<Judged> {
  const [bots, events] = [new Set<string>(), new Map<string, readonly JudgedEvent[]>()];
  const days = [...new Map(asked.days.map((day) => [keyOf(day), day])).values()].filter((day) => {
    if (!crawlers.has(keyOf(day))) return true;
    bots.add(keyOf(day));
    return false;
  });
  const measured = await measureSessionDays(
    db,
    rules,
    { days, rankingIds: asked.rankingIds },
    ({ ranking, events: own, statuses }) => {
      const counted = own.flatMap((event, i): JudgedEvent[] => {
        const { rowid, itemId, type, value, correctedBy = null } = event;
        // What came after the event that counts in its place has never counted.
        const didCount = correctedBy !== null && correctedBy > rowid && statuses[i] === 'corrected';
        return statuses[i] === '' || didCount ? [{ rowid, correctedBy, itemId, type, value }] : [];
      });
      events.set(
        ranking.rankingId,
        counted.toSorted((a, b) => a.rowid - b.rowid),
      );
    },
  );
  const most = rules.filters.maxClicksWithoutDwell;
  const isSuspect = measured.some(
    ({ ownFault, clickedItems, dwells }) =>
      ownFault === null && dwells === 0 && most !== null && clickedItems >= most,
  );
  for (const { fault, ...day } of isSuspect
    ? await withDwell(db, rules, measured)
    : measured.map((one) => ({ ...one, fault: one.ownFault }))) {
    if (fault === null) continue;
    bots.add(keyOf(day));
    if (STAYS.has(fault)) crawlers.add(keyOf(day));
  }
  return { bots, events };
}

/** Only of sessions with many clicks it matters whether dwell is logged, which all sessions of a day are counted for. */
async function withDwell(
  db: LibSQLDatabase,
  rules: Rules,
  measured: Awaited<ReturnType<typeof measureSessionDays>>,
) {
  const { mark } = await readMark<ClassifiedMark>(db, CLASSIFIED);
  const startRevision = mark?.startRevision ?? 0;
  const before = await knownDays(db, measured, startRevision);
  return (await applyDwellRule(db, rules, measured, before, startRevision)).days;
}
