import { sql, type SQL } from 'drizzle-orm';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { schemaList } from '../../log/account/counted.ts';
import { readLive } from '../../models/live-pointer.ts';
import type { Store } from '../../store/open.ts';
import { SPAN_MS, type SpanCounts } from './objective.ts';

interface Served {
  readonly at: number;
  readonly revision: number;
  readonly rankings: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/**
 * Counts rankings in [from, to) by whether the pointer that their isolate went by had been replaced for longer than `withinMs`. A pointer
 * was replaced when the next one was published that anybody ranked by within a day, or that is live; numbers whose pointer never came to be
 * replace nothing.
 * Degraded rankings are left out: their isolate could not know what is live, and says so.
 */
export async function countByPointer(
  store: Store,
  withinMs: number,
  from: number,
  to: number,
): Promise<SpanCounts[]> {
  const { db } = store;
  const schemas = await schemaList(db);
  const served = await db.all<Served>(sql`
    select at - at % ${SPAN_MS} as at, pointerRevision as revision, count(*) as rankings, min(at) as firstAt, max(at) as lastAt
    from decisions
    where schemaHash in (${schemas}) and at >= ${from} and at < ${to} and degraded = 0 and pointerRevision is not null
    group by 1, 2`);
  const replaced = await replacedAt(store, schemas, served);
  const spans = new Map<number, { good: number; total: number }>();
  for (const { at, revision, rankings, firstAt, lastAt } of served) {
    const limit = (replaced.get(revision) ?? Infinity) + withinMs;
    let late = 0;
    if (firstAt > limit) late = rankings;
    else if (lastAt > limit) {
      const [counted] = await db.all<{ late: number }>(sql`
        select count(*) as late from decisions
        where schemaHash in (${schemas}) and at > ${limit} and at <= ${lastAt} and degraded = 0 and pointerRevision = ${revision}`);
      late = counted.late;
    }
    const span = spans.get(at) ?? { good: 0, total: 0 };
    spans.set(at, { good: span.good + rankings - late, total: span.total + rankings });
  }
  return [...spans].map(([at, counts]) => ({ objective: 'rollbackToEdges', at, ...counts }));
}

/** Whether a number `p` is of a pointer that came to be: it is live, or somebody ranked by it within a day. */
async function cameToBe(store: Store, schemas: SQL): Promise<SQL> {
  const live = (await readLive(store))?.pointer.revision ?? null;
  return sql`(p.revision = ${live} or exists (
    select 1 from decisions d where d.schemaHash in (${schemas}) and d.at >= p.at - ${CLOCKS_MS} and d.at < p.at + ${DAY_MS}
      and d.pointerRevision = p.revision))`;
}

/** When each pointer that somebody ranked by was replaced, epoch ms by revision; the newest is not in it. */
async function replacedAt(
  store: Store,
  schemas: SQL,
  served: readonly Served[],
): Promise<ReadonlyMap<number, number>> {
  if (served.length === 0) return new Map();
  const oldest = Math.min(...served.map(({ revision }) => revision));
  const rows = await store.db.all<{ revision: number; at: number }>(sql`
    select p.revision, p.at from pointer_revisions p
    where p.revision >= ${oldest} and ${await cameToBe(store, schemas)} order by p.revision desc`);
  const replaced = new Map<number, number>();
  // Of rankings by a number that came to be long before, the next one is looked for among those that did.
  for (const { revision } of served) {
    const next = rows.findLast((row) => row.revision > revision);
    if (next !== undefined) replaced.set(revision, next.at);
  }
  return replaced;
}

/** A move of the pointer, and when it had reached all edges. */
export interface PointerMove {
  readonly revision: number;
  /** Epoch ms. */
  readonly at: number;
  /** From the move to the last ranking by an older pointer; 0 where there was none after it. */
  readonly tookMs: number;
}

/** By how much an edge's clock may be behind the backend's. */
const CLOCKS_MS = 60_000;
/** Later rankings by an older pointer are not looked for: the counts say that there are any. */
const LOOKED_AT_MS = 10 * 60_000;

/** The newest moves, newest first. What edges ranked is known as far as it was shipped. */
export async function readMoves(store: Store, limit: number): Promise<PointerMove[]> {
  const { db } = store;
  const schemas = await schemaList(db);
  const rows = await db.all<{ revision: number; at: number }>(sql`
    select p.revision, p.at from pointer_revisions p
    where ${await cameToBe(store, schemas)} order by p.revision desc limit ${limit}`);
  const moves: PointerMove[] = [];
  for (const { revision, at } of rows) {
    const [{ lastAt }] = await db.all<{ lastAt: number | null }>(sql`
      select max(at) as lastAt from decisions
      where schemaHash in (${schemas}) and at >= ${at} and at < ${at + LOOKED_AT_MS} and degraded = 0 and pointerRevision < ${revision}`);
    moves.push({ revision, at, tookMs: lastAt === null ? 0 : lastAt - at });
  }
  return moves;
}
