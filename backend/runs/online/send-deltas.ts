import type { Version } from '../../../shared/domain/ids.ts';
import type { Holdout, WeightDelta } from '../../../shared/domain/weight-delta.ts';
import type { EdgeAccess } from '../../models/edge-kv.ts';

/** The deltas that the LiveWeights of one arm in one cell adds to the published weights. */
export interface DeltaBatch {
  readonly arm: string;
  readonly cell: string;
  readonly baseVersion: Version;
  /** None: what was sent before is dropped. */
  readonly deltas: readonly WeightDelta[];
  readonly holdout?: Holdout;
}

const TIMEOUT_MS = 15_000;

/**
 * Replaces the deltas that were sent before, so that a batch that arrives twice has the effect of one.
 * @throws Error with the edge's answer, unless it accepted them.
 */
export async function sendDeltas(
  { edgeUrl, secretKey }: Pick<EdgeAccess, 'edgeUrl' | 'secretKey'>,
  batch: DeltaBatch,
): Promise<void> {
  const response = await fetch(`${edgeUrl}/v1/live/deltas`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...batch, replaces: true }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`status ${response.status}: ${text.slice(0, 200)}`);
}
