import { codesOf, type EncodedRequest } from '../features/encode.ts';
import { MAX_NETWORK_UNITS, networkProblem, networkUnits } from './network.ts';
import {
  checkTotal,
  rangeOf,
  scoreCodes,
  type ForestScorer,
  type MlpScorer,
  type Scorer,
} from './scorer.ts';
import type { Scored } from './top-k.ts';
import { treesProblem, treesRange, treesUnits } from './trees.ts';

/** Scorers that score the best of their first pass again. */
export type RerankingScorer = ForestScorer | MlpScorer;

const MAX_DEPTH = 2000;

/**
 * Scores rows again. What was not among them is past the depth and stays behind all of them.
 * @param first the best rows by the first pass, best first.
 * @returns the same rows, best first; of equals, the one that the first pass put first.
 */
export function rerank(
  scorer: RerankingScorer,
  encoded: EncodedRequest,
  first: readonly Scored[],
): Scored[] {
  const features = encoded.plans.length;
  const codes = codesOf(
    encoded,
    first.map(({ row }) => row),
  );
  return first
    .map(({ row, units }, i) => {
      const own = rerankUnits(scorer, codes, i * features);
      return { row, units: scorer.rerank.adds ? units + own : own };
    })
    .toSorted((a, b) => b.units - a.units);
}

/** The re-ranker's own score of an item's codes, in units. */
export function rerankUnits(scorer: RerankingScorer, codes: ArrayLike<number>, offset = 0): number {
  return scorer.kind === 'forest'
    ? treesUnits(scorer.trees, codes, offset)
    : networkUnits(scorer.network, codes, offset);
}

/** The score in units that a slate by this scorer shows for an item of these codes, whatever the kind. */
export function finalUnits(scorer: Scorer, codes: ArrayLike<number>, offset = 0): number {
  if (scorer.kind === 'additive') return scoreCodes(scorer, codes, offset);
  const own = rerankUnits(scorer, codes, offset);
  return scorer.rerank.adds ? scoreCodes(scorer, codes, offset) + own : own;
}

/** @returns what keeps this from being a scorer that can rank, its range of scores aside, or undefined. */
export function scorerProblem(scorer: Scorer): string | undefined {
  if (scorer.kind === 'additive') return undefined;
  const { depth, adds } = scorer.rerank;
  if (!Number.isInteger(depth) || depth < 1 || depth > MAX_DEPTH)
    return `rerank.depth must be 1 to ${MAX_DEPTH}, but was ${JSON.stringify(depth)}`;
  if (typeof adds !== 'boolean')
    return `rerank.adds must be true or false, but was ${JSON.stringify(adds)}`;
  const features = scorer.schema.features.length;
  return scorer.kind === 'forest'
    ? treesProblem(scorer.trees, features)
    : networkProblem(scorer.network, features);
}

/** @throws ApiError 400 when the first pass, or what it is added to, could leave the range of scores. */
export function checkScores(scorer: Scorer): void {
  const first = rangeOf(scorer.schema, scorer.weights);
  checkTotal(first);
  if (scorer.kind === 'additive') return;
  const own =
    scorer.kind === 'forest'
      ? treesRange(scorer.trees)
      : { low: -MAX_NETWORK_UNITS, high: MAX_NETWORK_UNITS };
  const { low, high } = scorer.rerank.adds ? first : { low: 0, high: 0 };
  checkTotal({ low: low + own.low, high: high + own.high });
}
