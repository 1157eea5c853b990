import { and, asc, eq, exists, gte, inArray, lt, sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { decisions, events } from '../store/tables.ts';
import { wilson, type Proportion } from '../science/statistics/wilson.ts';

/** `rate` is the share of rankings in which something was clicked: one look, one vote, however many clicks. */
export interface ClickThrough extends Proportion {
  readonly version: string;
  readonly rankings: number;
  readonly clicked: number;
}

export interface DailyClickThrough extends ClickThrough {
  /** `2026-11-22`, UTC. */
  readonly day: string;
}

export interface ClickQuery {
  /** Epoch ms, inclusive. */
  readonly from: number;
  /** Epoch ms, exclusive. */
  readonly to: number;
  readonly versions?: readonly string[];
}

/** Click-through per version and day of what was served in a window. */
export async function clicksByDay(store: Store, query: ClickQuery): Promise<DailyClickThrough[]> {
  const day = sql<string>`date(${decisions.at} / 1000, 'unixepoch')`;
  // A query of its own, not columns in a text: in a select of one table drizzle leaves their tables' names out,
  // and both sides of the comparison would be the event's.
  const click = store.db
    .select({ one: sql`1` })
    .from(events)
    .where(and(eq(events.rankingId, decisions.rankingId), eq(events.type, 'click')));
  const clicked = sql<number>`sum(${exists(click)})`;
  const rows = await store.db
    .select({ version: decisions.weights, day, rankings: sql<number>`count(*)`, clicked })
    .from(decisions)
    .where(
      and(
        gte(decisions.at, query.from),
        lt(decisions.at, query.to),
        query.versions && inArray(decisions.weights, [...query.versions]),
      ),
    )
    .groupBy(decisions.weights, day)
    .orderBy(asc(decisions.weights), asc(day));
  return rows.map((row) => Object.assign(row, wilson(row.clicked, row.rankings)));
}

/** Adds the days up, per version. */
export function clicksByVersion(days: readonly DailyClickThrough[]): ClickThrough[] {
  const totals = new Map<string, { rankings: number; clicked: number }>();
  for (const { version, rankings, clicked } of days) {
    const total = totals.get(version) ?? { rankings: 0, clicked: 0 };
    totals.set(version, { rankings: total.rankings + rankings, clicked: total.clicked + clicked });
  }
  return [...totals].map(([version, { rankings, clicked }]) =>
    Object.assign({ version, rankings, clicked }, wilson(clicked, rankings)),
  );
}
