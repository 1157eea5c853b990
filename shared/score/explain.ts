import { bucketLabel } from '../features/schema.ts';
import { rerankUnits, type RerankingScorer } from './rerank.ts';
import { STRIDE, toPoints, type Scorer } from './scorer.ts';

/** One named contribution to a score; all of an item's add up to its score exactly. */
export interface Reason {
  readonly feature: string;
  /** What the item's bucket means: `within budget`. */
  readonly because: string;
  readonly points: number;
  /**
   * Absent: what the first pass adds for the bucket. Else the re-ranker's share: how its score of this item would
   * fall if the feature alone were missing; what those leave of the score is the reason of all `features together`.
   */
  readonly by?: 'forest' | 'mlp';
}

/** Contributions that are not 0, largest first; the first pass's only where they count. */
export function explain(scorer: Scorer, codes: Uint8Array): Reason[] {
  const reasons: Reason[] =
    scorer.kind === 'additive'
      ? firstPassReasons(scorer, codes)
      : [
          ...(scorer.rerank.adds ? firstPassReasons(scorer, codes) : []),
          ...rerankReasons(scorer, codes),
        ];
  return reasons
    .filter(({ points }) => points !== 0)
    .toSorted((a, b) => Math.abs(b.points) - Math.abs(a.points));
}

const firstPassReasons = ({ schema, weights }: Scorer, codes: Uint8Array): Reason[] =>
  schema.features.map((spec, feature) => {
    const bucket = codes[feature];
    const points = toPoints(weights[feature * STRIDE + bucket]);
    return { feature: spec.name, because: bucketLabel(spec, bucket), points };
  });

function rerankReasons(scorer: RerankingScorer, codes: Uint8Array): Reason[] {
  const by = scorer.kind;
  const total = rerankUnits(scorer, codes);
  const without = codes.slice();
  let left = total;
  const alone = scorer.schema.features.map((spec, feature) => {
    const bucket = codes[feature];
    without[feature] = 0;
    const units = bucket === 0 ? 0 : total - rerankUnits(scorer, without);
    without[feature] = bucket;
    left -= units;
    return { feature: spec.name, because: bucketLabel(spec, bucket), points: toPoints(units), by };
  });
  const together = { feature: 'features together', because: 'what no feature does alone' };
  return [...alone, { ...together, points: toPoints(left), by }];
}
