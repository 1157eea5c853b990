import { table } from '../../../shared/text/text.ts';

export interface FeatureInWords {
  readonly name: string;
  readonly kind: string;
  /** What each bucket means, from 0 (missing) on. */
  readonly buckets: readonly string[];
}

/** Up to so many characters all meanings of a feature are listed; the table would become too wide otherwise. */
const WIDEST = 80;

/** A line per feature, with what its buckets mean, or its first and last one. */
export const featureTable = (features: readonly FeatureInWords[]): string =>
  table(
    ['feature', 'kind', 'buckets', 'meaning'],
    features.map(({ name, kind, buckets }) => [name, kind, buckets.length, meaning(buckets)]),
  );

function meaning(labels: readonly string[]): string {
  const present = labels.slice(1);
  // Meanings may have commas of their own.
  const all = present.join('; ');
  return all.length <= WIDEST ? all : `${present[0]}; … ${present.at(-1)}`;
}
