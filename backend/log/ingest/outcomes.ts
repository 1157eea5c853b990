import type { Store } from '../../store/open.ts';
import { deleteLateSessions } from '../retention/delete-late-sessions.ts';
import { insertRows, rowsChanged, NOT_DELETED } from '../../store/insert-rows.ts';

export interface Outcome {
  readonly outcomeId: string;
  readonly sessionId?: string;
  readonly userId?: string;
  readonly placement?: string;
  readonly metric: string;
  readonly value: number;
  /** Epoch ms. */
  readonly at: number;
}

const COLUMNS = [
  'outcomeId',
  'sessionId',
  'userId',
  'placement',
  'metric',
  'value',
  'at',
  'receivedAt',
] as const;

/** @returns how many were new and not of a deleted user or session. */
export async function recordOutcomes(
  store: Store,
  given: readonly Outcome[],
  nowMs: number,
): Promise<number> {
  const rows = given.map(({ outcomeId, sessionId, userId, placement, metric, value, at }) => [
    outcomeId,
    sessionId ?? null,
    userId ?? null,
    placement ?? null,
    metric,
    value,
    at,
    nowMs,
  ]);
  const recorded = rowsChanged(
    await store.write(
      insertRows({ table: 'outcomes', columns: COLUMNS, rows, where: NOT_DELETED }),
    ),
  );
  await deleteLateSessions(store, given, nowMs);
  return recorded;
}
