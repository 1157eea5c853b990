import { desc, eq, inArray } from 'drizzle-orm';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import { DEVIATIONS_PER_POINT } from '../../shared/score/posterior.ts';
import { pointsOf, type Scorer } from '../../shared/score/scorer.ts';
import { STRIDE } from '../../shared/score/stride.ts';
import { bucketCount } from '../../shared/features/schema.ts';
import type { Store } from '../store/open.ts';
import { weights } from '../store/tables.ts';
import { byNumber } from './versions.ts';

/**
 * How well each weight is known: the standard deviation of its posterior by feature and bucket, in points.
 * @returns null of versions that have no posterior.
 */
export function deviationsOf(scorer: Scorer): Record<string, number[]> | null {
  if (scorer.kind !== 'additive' || scorer.posterior === undefined) return null;
  const { schema, posterior } = scorer;
  return Object.fromEntries(
    schema.features.map((feature, f) => [
      feature.name,
      Array.from(
        { length: bucketCount(feature) },
        (_, bucket) => posterior[f * STRIDE + bucket] / DEVIATIONS_PER_POINT,
      ),
    ]),
  );
}

/** Points of one feature in a version. */
export interface FeatureInVersion {
  readonly version: string;
  readonly name: string;
  /** Epoch ms. */
  readonly createdAt: number;
  /** By bucket from 0 (missing). */
  readonly points: readonly number[];
  /** Standard deviations by bucket; null where the version has no posterior. */
  readonly deviations: readonly number[] | null;
}

/** Of the newest versions of a schema, oldest first. @param schemaHash of which buckets mean the same. */
export async function weightHistory(
  { db }: Pick<Store, 'db'>,
  { schemaHash, feature, limit }: { schemaHash: string; feature: string; limit: number },
): Promise<FeatureInVersion[]> {
  const newest = await db
    .select({ version: weights.version })
    .from(weights)
    .where(eq(weights.schemaHash, schemaHash))
    .orderBy(desc(byNumber))
    .limit(limit);
  if (newest.length === 0) return [];
  const rows = await db
    .select({ name: weights.name, createdAt: weights.createdAt, bytes: weights.bytes })
    .from(weights)
    .where(
      inArray(
        weights.version,
        newest.map(({ version }) => version),
      ),
    )
    .orderBy(byNumber);
  return rows.flatMap(({ name, createdAt, bytes }) => {
    const scorer = scorerFromBytes(new Uint8Array(bytes));
    const points = pointsOf(scorer)[feature];
    return points === undefined
      ? []
      : [
          {
            version: scorer.version,
            name,
            createdAt,
            points,
            deviations: deviationsOf(scorer)?.[feature] ?? null,
          },
        ];
  });
}
