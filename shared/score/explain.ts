import { bucketLabel } from '../features/schema.ts';
import { STRIDE, toPoints, type AdditiveScorer } from './scorer.ts';

/** One named contribution to a score; all of an item's add up to its score exactly. */
export interface Reason {
  readonly feature: string;
  /** What the item's bucket means: `within budget`. */
  readonly because: string;
  readonly points: number;
}

/** Contributions that are not 0, largest first. */
export function explain(scorer: AdditiveScorer, codes: Uint8Array): Reason[] {
  return scorer.schema.features
    .map((spec, feature) => {
      const bucket = codes[feature];
      const units = scorer.weights[feature * STRIDE + bucket];
      return { feature: spec.name, because: bucketLabel(spec, bucket), points: toPoints(units) };
    })
    .filter(({ points }) => points !== 0)
    .toSorted((a, b) => Math.abs(b.points) - Math.abs(a.points));
}
