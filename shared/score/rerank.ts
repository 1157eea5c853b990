import { shown } from '../domain/shown.ts';
import { writeCodes, type EncodedRequest } from '../features/encode.ts';
import { crossesProblem } from './learned-cross.ts';
import { MAX_NETWORK_UNITS, networkProblem, networkUnits } from './network.ts';
import { BLOCK, networkBlock, treesBlock, type BlockCodes } from './rerank-block.ts';
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

/** A scorer with a re-ranker: it scores the best items of its first pass again. */
export type RerankingScorer = ForestScorer | MlpScorer;

const MAX_DEPTH = 2000;

/**
 * Re-ranks the best rows of the first pass. Rows beyond the depth are not re-ranked and not shown.
 * @param first the best rows by the first pass, best first.
 * @returns the same rows by their final score, best first; ties keep the order of the first pass.
 */
export function rerank(
  scorer: RerankingScorer,
  encoded: EncodedRequest,
  first: readonly Scored[],
): Scored[] {
  const rows = first.map(({ row }) => row);
  const own = rerankRows(scorer, first.length, (codes, from, count) =>
    writeCodes(encoded, rows.slice(from, from + count), codes, { feature: BLOCK, row: 1 }),
  );
  if (scorer.rerank.adds) first.forEach(({ units }, i) => (own[i] += units));
  return descending(own).map((i) => ({ row: rows[i], units: own[i] }));
}

/**
 * The scores of many rows by the re-ranker alone, in units: for each row what `rerankUnits` gives.
 * @param write puts the codes of `count` rows from the `from`-th on into a block: that of feature f in the i-th of them to `f · BLOCK + i`.
 */
export function rerankRows(
  scorer: RerankingScorer,
  rows: number,
  write: (codes: BlockCodes, from: number, count: number) => void,
): Int32Array {
  const units = new Int32Array(rows);
  for (let from = 0; from < rows; from += BLOCK) {
    const count = Math.min(BLOCK, rows - from);
    const writeBlock = (codes: BlockCodes) => write(codes, from, count);
    const block =
      scorer.kind === 'forest'
        ? treesBlock(scorer.trees, count, writeBlock)
        : networkBlock(scorer.network, scorer.schema, count, writeBlock);
    units.set(block, from);
  }
  return units;
}

/** Indexes by decreasing value; equal values keep their order. Numbers alone sort several times as fast as objects with a comparison. */
function descending(units: Int32Array): number[] {
  const count = units.length;
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) keys[i] = i - units[i] * count;
  const order: number[] = [];
  for (const key of keys.toSorted()) order.push(key - Math.floor(key / count) * count);
  return order;
}

/** The score of one item's codes by the re-ranker alone, in units. */
export function rerankUnits(scorer: RerankingScorer, codes: ArrayLike<number>, offset = 0): number {
  return scorer.kind === 'forest'
    ? treesUnits(scorer.trees, codes, offset)
    : networkUnits(scorer.network, codes, offset);
}

/** The final score of one item's codes in units, for every kind of scorer: the score that a slate shows. */
export function finalUnits(scorer: Scorer, codes: ArrayLike<number>, offset = 0): number {
  if (scorer.kind === 'additive') return scoreCodes(scorer, codes, offset);
  const own = rerankUnits(scorer, codes, offset);
  return scorer.rerank.adds ? scoreCodes(scorer, codes, offset) + own : own;
}

/** @returns why this scorer cannot rank, or undefined if it can. The range of its scores is left to `checkScores`. */
export function scorerProblem(scorer: Scorer): string | undefined {
  const problem = crossesProblem(scorer);
  if (problem !== undefined || scorer.kind === 'additive') return problem;
  const { depth, adds } = scorer.rerank;
  if (!Number.isInteger(depth) || depth < 1 || depth > MAX_DEPTH)
    return `rerank.depth must be 1 to ${MAX_DEPTH}, but was ${shown(depth)}`;
  if (typeof adds !== 'boolean') return `rerank.adds must be true or false, but was ${shown(adds)}`;
  const features = scorer.schema.features.length;
  return scorer.kind === 'forest'
    ? treesProblem(scorer.trees, features)
    : networkProblem(scorer.network, features);
}

/** @throws ApiError 400 when a score of the first pass, or a final score, could leave the allowed range. */
export function checkScores(scorer: Scorer): void {
  const first = rangeOf(scorer);
  checkTotal(first);
  if (scorer.kind === 'additive') return;
  const own =
    scorer.kind === 'forest'
      ? treesRange(scorer.trees)
      : { low: -MAX_NETWORK_UNITS, high: MAX_NETWORK_UNITS };
  const { low, high } = scorer.rerank.adds ? first : { low: 0, high: 0 };
  checkTotal({ low: low + own.low, high: high + own.high });
}
