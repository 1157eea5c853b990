import { hasSameColumns } from '../../shared/features/same-columns.ts';
import type { Schema } from '../../shared/features/schema.ts';
import type { CompatiblePair } from './last-compatible-pair.ts';
import type { LoadedSnapshot } from './snapshot-cache.ts';
import type { CachedWeights } from './cached-weights.ts';

/**
 * The catalogue with the weights of a placement's own lineage, whose schema has features of its own over the same columns. Where it has
 * others, the placement is ranked by the default lineage.
 * @param pair of the default lineage. @param own of the placement.
 */
export function placedPair(pair: CompatiblePair, own: CachedWeights): CompatiblePair {
  const { weights, snapshot } = pair;
  if (canRank(own.scorer.schema, snapshot, weights.scorer.schema))
    return { weights: own, snapshot };
  const problem = `weights ${own.scorer.version} of placement ${own.pointer?.placement} are of a schema with other columns than snapshot ${snapshot.hash}`;
  return { snapshot, weights: { ...weights, problem } };
}

/** @param packedBy a schema that the snapshot may have been packed by, as only its hash is known. */
export const canRank = (
  schema: Schema,
  { schemaHash }: Pick<LoadedSnapshot, 'schemaHash'>,
  packedBy: Schema,
): boolean =>
  schema.hash === schemaHash || (packedBy.hash === schemaHash && hasSameColumns(schema, packedBy));
