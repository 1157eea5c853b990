import { table } from '../../../shared/text/text.ts';

export interface FeatureInWords {
  readonly name: string;
  readonly kind: string;
  /** What each bucket means, from 0 (missing) on. */
  readonly buckets: readonly string[];
}

/** A line per feature, with what its first and last buckets mean. */
export const featureTable = (features: readonly FeatureInWords[]): string =>
  table(
    ['feature', 'kind', 'buckets', 'meaning'],
    features.map(({ name, kind, buckets }) => [name, kind, buckets.length, meaning(buckets)]),
  );

function meaning(labels: readonly string[]): string {
  const present = labels.slice(1);
  return present.length <= 5
    ? present.join(', ')
    : `${present.slice(0, 3).join(', ')}, … ${present.at(-1)}`;
}
