import { shown } from '../../shared/domain/shown.ts';
import { invalid } from '../../shared/domain/errors.ts';
import { MAX_DELTAS, type WeightDelta } from '../../shared/domain/weight-delta.ts';
import { addDeltas } from '../../shared/score/add-deltas.ts';
import { checkScores } from '../../shared/score/rerank.ts';
import type { Scorer } from '../../shared/score/scorer.ts';

/**
 * @param fewest 0 where no deltas mean that earlier ones are dropped.
 * @throws ApiError 400 naming the first entry that is not a delta.
 */
export function parseDeltas(value: unknown, fewest: 0 | 1): WeightDelta[] {
  if (!Array.isArray(value) || value.length < fewest || value.length > MAX_DELTAS)
    throw invalid(`deltas must be a list of ${fewest} to ${MAX_DELTAS} {feature, bucket, points}`);
  return value.map((raw: Partial<WeightDelta> | null, index) => {
    const { feature, bucket, points } = raw ?? {};
    const fits =
      typeof feature === 'string' &&
      Number.isInteger(bucket) &&
      typeof points === 'number' &&
      Math.abs(points) < 2048;
    if (!fits) {
      throw invalid(
        `deltas[${index}] must be {feature: name, bucket: whole number, points: between -2048 and 2048}, but was ${shown(raw)}`,
      );
    }
    return { feature, bucket: bucket!, points };
  });
}

/**
 * @returns a copy of the scorer with the deltas added to the weights of its first pass.
 * @throws ApiError 400 as `addDeltas`, or when scores could leave their range.
 */
export function applyDeltas(scorer: Scorer, deltas: readonly WeightDelta[]): Scorer {
  const changed = addDeltas(scorer, deltas);
  checkScores(changed);
  return changed;
}
