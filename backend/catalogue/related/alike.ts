/**
 * How alike two items are by their buckets: what those that both are in weigh, divided by what those that either is in weigh (the weighted Jaccard
 * index). 0..1; 0 where they have none in common.
 * @param common what the common ones weigh.
 */
export function overlapOf(common: number, total: number, other: number): number {
  return common === 0 ? 0 : common / (total + other - common);
}

/** Cosine similarity of two vectors of whole numbers; what points away is not alike at all: 0..1. @param square of a length. */
export function cosineOf(dot: number, square: number, other: number): number {
  const lengths = square * other;
  return lengths === 0 || dot <= 0 ? 0 : Math.min(1, dot / Math.sqrt(lengths));
}

/** How much each of the two counts. */
export interface AlikeWeights {
  readonly vectors: number;
  readonly buckets: number;
}

/** Their mean by weight, 0..1. */
export const alikeBy = (
  { vectors, buckets }: AlikeWeights,
  cosine: number,
  overlap: number,
): number => (vectors * cosine + buckets * overlap) / (vectors + buckets);
