import { sql } from 'drizzle-orm';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import type { Store } from '../store/open.ts';

/** What the database has seen in a span, and what is stored now. */
export interface Measured {
  /** How many days were measured: the last seven, or as many as there have been batches. */
  readonly days: number;
  readonly rankings: number;
  readonly events: number;
  readonly batches: number;
  /** Pointers that were moved, and keys that were published to KV and deleted from it. */
  readonly pointerMoves: number;
  readonly published: number;
  readonly deleted: number;
  /** Bytes of weights, snapshots, learned columns and related items in KV. */
  readonly kvBytes: number;
  readonly trainings: number;
  readonly trainingMs: number;
}

const DAYS = 7;
/** From less nothing is told for a month. */
const LEAST_MS = 3_600_000;

/** @returns undefined where batches came in for less than an hour. */
export async function measure(
  { db }: Pick<Store, 'db'>,
  nowMs: number,
): Promise<Measured | undefined> {
  const [first] = await db.all<{ at: number | null }>(
    sql`select min(committedAt) as at from batches`,
  );
  if (first.at === null || nowMs - first.at < LEAST_MS) return undefined;
  const since = Math.max(first.at, nowMs - DAYS * DAY_MS);
  const [row] = await db.all<Record<keyof Measured, number | null>>(sql`
    select (select sum(decisions) from batches where committedAt between ${since} and ${nowMs}) as rankings,
      (select sum(events) from batches where committedAt between ${since} and ${nowMs}) as events,
      (select count(*) from batches where committedAt between ${since} and ${nowMs}) as batches,
      (select count(*) from pointer_revisions where at between ${since} and ${nowMs}) as pointerMoves,
      (select count(*) from publications where publishedAt between ${since} and ${nowMs}) as published,
      (select count(*) from publications where deletedAt between ${since} and ${nowMs}) as deleted,
      (select coalesce(sum(length(w.bytes)), 0) from weights w join publications p on p.key = 'WEIGHTS/w/' || w.version
        where p.sha256 <> '') + (select coalesce(sum(sizeBytes), 0) from snapshots)
        + (select coalesce(sum(length(bytes)), 0) from learned_parts)
        + (select coalesce(sum(sizeBytes), 0) from related_parts) as kvBytes,
      (select count(*) from runs where startedAt between ${since} and ${nowMs}) as trainings,
      (select sum(coalesce(finishedAt, ${nowMs}) - startedAt) from runs where startedAt between ${since} and ${nowMs}) as trainingMs`);
  const of = (name: keyof Measured) => row[name] ?? 0;
  return {
    days: (nowMs - since) / DAY_MS,
    rankings: of('rankings'),
    events: of('events'),
    batches: of('batches'),
    pointerMoves: of('pointerMoves'),
    published: of('published'),
    deleted: of('deleted'),
    kvBytes: of('kvBytes'),
    trainings: of('trainings'),
    trainingMs: of('trainingMs'),
  };
}
