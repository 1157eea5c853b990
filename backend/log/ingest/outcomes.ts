import type { Store } from '../../store/open.ts';
import { insertRows } from '../../store/insert-rows.ts';

export interface Outcome {
  readonly outcomeId: string;
  readonly sessionId?: string;
  readonly userId?: string;
  readonly metric: string;
  readonly value: number;
  /** Epoch ms. */
  readonly at: number;
}

const COLUMNS = [
  'outcomeId',
  'sessionId',
  'userId',
  'metric',
  'value',
  'at',
  'receivedAt',
] as const;

/** @returns how many were new and not of a deleted user. */
export async function recordOutcomes(
  store: Store,
  given: readonly Outcome[],
  nowMs: number,
): Promise<number> {
  const rows = given.map(({ outcomeId, sessionId, userId, metric, value, at }) => [
    outcomeId,
    sessionId ?? null,
    userId ?? null,
    metric,
    value,
    at,
    nowMs,
  ]);
  const counts = await store.write(
    insertRows('outcomes', COLUMNS, COLUMNS.indexOf('userId'), rows),
  );
  return counts.reduce((total, count) => total + count, 0);
}
