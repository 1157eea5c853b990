import { eq, sql } from 'drizzle-orm';
import { pointerAt } from '../../shared/domain/pointer-at.ts';
import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import type { Statement, Store } from '../store/open.ts';
import { audit, pointers } from '../store/tables.ts';

const NAME = 'weights';

/** What the store has recorded of the weights pointer. */
export interface Live {
  readonly pointer: Pointer;
  /** The exact value that KV holds. */
  readonly text: string;
  /** What KV held before the last move: it may go on answering with it until it has settled. */
  readonly before?: string;
  /** Older values that KV may still answer with, where moves followed each other faster than it settles. */
  readonly earlier?: readonly string[];
  /** Since when the champion is live; epoch ms. */
  readonly since: number;
  /** What the next move is about to write, recorded first: a crash may have cut that move short. */
  readonly intended?: string;
}

export async function readLive(store: Pick<Store, 'db'>): Promise<Live | undefined> {
  const [row] = await store.db.select().from(pointers).where(eq(pointers.name, NAME));
  if (row === undefined) return undefined;
  const { text, before, earlier, intended, ...fields } = row.value;
  const pointer = parsePointer(JSON.stringify(fields));
  if (pointer === undefined || typeof text !== 'string') return undefined;
  return {
    pointer,
    text,
    ...(typeof before === 'string' && { before }),
    ...(Array.isArray(earlier) && { earlier: earlier.filter((one) => typeof one === 'string') }),
    ...(typeof intended === 'string' && { intended }),
    since: row.since,
  };
}

/** What is live of a lineage. @param placement its own; null: the default one. @returns undefined where the placement has none. */
export async function readLiveAt(
  store: Pick<Store, 'db'>,
  placement: string | null,
): Promise<Pointer | undefined> {
  const pointer = (await readLive(store))?.pointer;
  return pointer && pointerAt(pointer, placement ?? undefined);
}

/** @param pointer what `text` means; it has a hold where somebody moved it by hand. */
export function recordLive(store: Store, { pointer, since, ...texts }: Live): Statement {
  const row = { name: NAME, value: { ...pointer, ...texts }, since };
  return store.db
    .insert(pointers)
    .values(row)
    .onConflictDoUpdate({ target: pointers.name, set: row });
}

/** When the pointer last moved, in epoch ms. A pointer that was written by hand has no time in it, but the audit log has. */
export async function movedAt({ db }: Store, { pointer, since }: Live): Promise<number> {
  const [{ at }] = await db
    .select({ at: sql<number | null>`max(${audit.at})` })
    .from(audit)
    .where(sql`json_extract(${audit.details}, '$.text') is not null`);
  return Math.max(since, pointer.at ?? 0, at ?? 0);
}

/**
 * Whether KV may still answer with what the last move replaced. A move from the future, which a clock that was wrong
 * left, was not just now.
 */
export const wasJustMoved = ({ pointer }: Live, settleMs: number, nowMs: number): boolean =>
  Math.abs(nowMs - (pointer.at ?? 0)) < settleMs;

/** The values that KV may go on answering with once `live` is replaced. */
export function replacedBy(
  live: Live,
  settleMs: number,
  nowMs: number,
): Pick<Live, 'before' | 'earlier'> {
  const earlier = wasJustMoved(live, settleMs, nowMs)
    ? [live.before, ...(live.earlier ?? [])].filter((text) => text !== undefined)
    : [];
  return { before: live.text, ...(earlier.length > 0 && { earlier }) };
}

/** A change of the hold or the arms does not change since when the champion is live. */
export const sinceOf = (live: Live | undefined, pointer: Pointer, nowMs: number): number =>
  live?.pointer.champion === pointer.champion ? live.since : nowMs;
