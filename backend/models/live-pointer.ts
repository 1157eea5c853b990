import { eq, sql } from 'drizzle-orm';
import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import type { Statement, Store } from '../store/open.ts';
import { audit, pointers } from '../store/tables.ts';

const NAME = 'weights';

/** What the store knows of the weights pointer. */
export interface Live {
  readonly pointer: Pointer;
  /** The pointer's value in KV, to the letter. */
  readonly text: string;
  /** What KV held before, and may go on showing for a while. */
  readonly before?: string;
  /** And before that, where moves followed each other faster than KV settles. */
  readonly earlier?: readonly string[];
  /** Epoch ms. */
  readonly since: number;
  /** What a move that may have been cut short was about to write. */
  readonly intended?: string;
}

export async function readLive(store: Store): Promise<Live | undefined> {
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

/** @param pointer what `text` means: with a hold, where somebody moved it by hand. */
export function recordLive(store: Store, { pointer, since, ...texts }: Live): Statement {
  const row = { name: NAME, value: { ...pointer, ...texts }, since };
  return store.db
    .insert(pointers)
    .values(row)
    .onConflictDoUpdate({ target: pointers.name, set: row });
}

/** When the pointer last moved, in epoch ms: one written by hand does not say itself, but the audit log does. */
export async function movedAt({ db }: Store, { pointer, since }: Live): Promise<number> {
  const [{ at }] = await db
    .select({ at: sql<number | null>`max(${audit.at})` })
    .from(audit)
    .where(sql`json_extract(${audit.details}, '$.text') is not null`);
  return Math.max(since, pointer.at ?? 0, at ?? 0);
}

export interface AuditEntry {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly details?: Record<string, unknown>;
}

export const recordAudit = (store: Store, entry: AuditEntry): Statement =>
  store.db.insert(audit).values({ details: {}, ...entry });
