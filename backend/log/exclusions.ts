import { desc, sql } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import { trainingExclusions } from '../store/tables.ts';
import { markLeftOut } from './account/left-out.ts';

export type TrainingExclusion = typeof trainingExclusions.$inferSelect;

/** A session or a user, by the keyed id that the log has. */
export interface Subject {
  readonly kind: TrainingExclusion['kind'];
  readonly subject: string;
}

const MOST_LISTED = 500;

/** Those that hold first, then those that were lifted; the newest first. */
export const listExclusions = ({ db }: Pick<Store, 'db'>): Promise<TrainingExclusion[]> =>
  db
    .select()
    .from(trainingExclusions)
    .orderBy(sql`liftedAt is not null`, desc(trainingExclusions.id))
    .limit(MOST_LISTED);

/**
 * Leaves a session or user out of all that learns or evaluates, from the next reading on: partitions of the days on which they were shown
 * something are built again. The audit log has the number of the exclusion and not of whom it is, as it outlives an erasure.
 * @throws ApiError 404 where the log has nothing of them; 409 where they are left out already.
 */
export async function leaveOut(
  store: Store,
  { kind, subject }: Subject,
  { reason, by }: { readonly reason: string; readonly by: string },
  at: number,
): Promise<TrainingExclusion> {
  const days = await daysOf(store, { kind, subject });
  if (days.length === 0)
    throw new ApiError(404, `unknown_${kind}`, `the log has no ranking of this ${kind}`);
  try {
    await store.write([
      store.db.insert(trainingExclusions).values({ kind, subject, reason, by, at }),
      recordAudit(store, {
        at,
        actor: by,
        action: 'leave out of training',
        subject: sql`'exclusion ' || last_insert_rowid()`,
        details: { kind, reason },
      }),
      ...markLeftOut(store.db, days),
    ]);
  } catch (error) {
    const held = await heldOf(store, { kind, subject });
    if (held === undefined) throw error;
    throw new ApiError(
      409,
      'left_out_already',
      `this ${kind} is left out already (exclusion ${held.id})`,
    );
  }
  return (await heldOf(store, { kind, subject }))!;
}

/** Takes an exclusion back: what it left out is learned from again. @throws ApiError 404 where none of that number holds. */
export async function liftExclusion(
  store: Store,
  id: number,
  { reason, by }: { readonly reason: string; readonly by: string },
  at: number,
): Promise<TrainingExclusion> {
  const [row] = await store.db
    .select()
    .from(trainingExclusions)
    .where(sql`id = ${id} and liftedAt is null`);
  if (row === undefined) throw new ApiError(404, 'unknown_exclusion', `no exclusion ${id} holds`);
  const days = await daysOf(store, row);
  const lifted = { liftedAt: at, liftedBy: by, liftReason: reason };
  await store.write([
    store.db
      .update(trainingExclusions)
      .set(lifted)
      .where(sql`id = ${id} and liftedAt is null`),
    recordAudit(store, {
      at,
      actor: by,
      action: 'learn from again',
      subject: `exclusion ${id}`,
      details: { kind: row.kind, reason },
    }),
    ...markLeftOut(store.db, days),
  ]);
  return { ...row, ...lifted };
}

async function heldOf(
  { db }: Pick<Store, 'db'>,
  { kind, subject }: Subject,
): Promise<TrainingExclusion | undefined> {
  const [row] = await db
    .select()
    .from(trainingExclusions)
    .where(sql`kind = ${kind} and subject = ${subject} and liftedAt is null`);
  return row;
}

/** First milliseconds of the UTC days on which they were shown something. */
async function daysOf({ db }: Pick<Store, 'db'>, { kind, subject }: Subject): Promise<number[]> {
  const column = kind === 'user' ? sql`userId` : sql`sessionId`;
  const rows = await db.all<{ day: number }>(
    sql`select distinct at - at % ${DAY_MS} as day from decisions where ${column} = ${subject}`,
  );
  return rows.map(({ day }) => day);
}
