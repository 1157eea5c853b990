import { eq, sql, type SQL } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { recordAudit, type AuditEntry } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import { experiments } from '../store/tables.ts';
import type { Experiment } from './new-experiment.ts';

/** Each one is part of the pointer, which every isolate reads. */
export const MAX_RUNNING = 20;

/** A new row and its audit entry, in one transaction. @throws ApiError 409 `overtaken` where its range was given away meanwhile. */
export const recordDraft = (store: Store, draft: Experiment, entry: AuditEntry): Promise<void> =>
  write(store, draft.id, [
    store.db.insert(experiments).values({ ...draft, id: only(draft.id, isUnclaimed(draft)) }),
    recordAudit(store, entry),
  ]);

/**
 * A change and its audit entry, in one transaction. Because another backend may have been faster, it is written only if the
 * row is still as it was read, no other experiment owns a part of the range, and not too many run.
 * @throws ApiError 409 `overtaken`.
 */
export function recordChange(
  store: Store,
  before: Experiment,
  fields: Partial<Experiment>,
  entry: AuditEntry,
): Promise<void> {
  const { id, status, rangeFrom, rangeTo, traffic, arms, ramp } = before;
  const isAsRead = sql`${experiments.status} = ${status} and ${experiments.rangeFrom} = ${rangeFrom}
    and ${experiments.rangeTo} = ${rangeTo} and ${experiments.traffic} = ${traffic}
    and ${experiments.arms} = ${JSON.stringify(arms)}
    and ${experiments.ramp} is ${ramp === null ? null : JSON.stringify(ramp)}`;
  const after = { ...before, ...fields };
  const isFree = after.status === 'stopped' ? sql`1` : isUnclaimed(after);
  const starts = before.status !== 'running' && after.status === 'running';
  const hasRoom = starts
    ? sql`(select count(*) from experiments r where r.status = 'running' and r.kind = 'experiment') < ${MAX_RUNNING}`
    : sql`1`;
  return write(store, id, [
    store.db
      .update(experiments)
      .set({ ...fields, id: only(id, sql`${isAsRead} and ${isFree} and ${hasRoom}`) })
      .where(eq(experiments.id, id)),
    recordAudit(store, entry),
  ]);
}

/** No other one of the layer owns a part of the range. */
const isUnclaimed = ({ id, layer, rangeFrom, rangeTo }: Experiment): SQL => sql`not exists (
  select 1 from experiments other where other.layer = ${layer} and other.id <> ${id}
    and other.status <> 'stopped' and other.rangeFrom < ${rangeTo} and other.rangeTo > ${rangeFrom})`;

/** SQLite can abort a transaction outside a trigger only by a constraint: a null id violates NOT NULL. */
const only = (id: string, condition: SQL): SQL<string> =>
  sql`case when ${condition} then ${id} end`;

async function write(store: Store, id: string, statements: Parameters<Store['write']>[0]) {
  try {
    await store.write(statements);
  } catch (error) {
    if (!/NOT NULL constraint failed: experiments\.id/.test(messageOf(error))) throw error;
    throw new ApiError(
      409,
      'overtaken',
      `experiment ${id}, or its layer, was changed meanwhile: read it again, and repeat the request`,
    );
  }
}
