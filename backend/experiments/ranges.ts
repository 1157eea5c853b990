import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { percent } from '../../shared/text/text.ts';

/** Units of a layer: from ≤ place < to, both in [0, 1]. */
export type Range = readonly [from: number, to: number];

/** Sums of shares leave rounding: ends are rounded to nine digits, and closer ends count as equal. */
const SAME = 1e-9;

export const rounded = ([from, to]: Range): Range => [
  Number(from.toFixed(9)),
  Number(to.toFixed(9)),
];

/** The free ranges, in order. @param taken in any order; they do not overlap. */
export function freeRanges(taken: readonly Range[]): Range[] {
  const free: Range[] = [];
  let at = 0;
  for (const [from, to] of taken.toSorted((a, b) => a[0] - b[0])) {
    if (from - at > SAME) free.push([at, from]);
    at = Math.max(at, to);
  }
  if (1 - at > SAME) free.push([at, 1]);
  return free;
}

/** The first free range of a length. @throws ApiError 409 `layer_full` */
export function firstFree(taken: readonly Range[], share: number, layer: string): Range {
  const free = freeRanges(taken);
  const found = free.find(([from, to]) => to - from >= share - SAME);
  if (found === undefined)
    throw layerFull(layer, share, Math.max(0, ...free.map(([from, to]) => to - from)));
  return rounded([found[0], Math.min(found[0] + share, found[1])]);
}

/** A range extended into adjacent free ranges, upwards first. @throws ApiError 409 `layer_full` */
export function grown(
  [from, to]: Range,
  others: readonly Range[],
  share: number,
  layer: string,
): Range {
  const around = freeRanges(others).find(([low, high]) => low <= from + SAME && to <= high + SAME);
  if (around === undefined) throw invalid(`range ${from}–${to} of layer ${layer} is taken`);
  const [low, high] = around;
  if (high - low < share - SAME) throw layerFull(layer, share, high - low);
  const end = Math.min(high, from + share);
  return rounded([Math.max(low, Math.min(from, end - share)), end]);
}

const layerFull = (layer: string, share: number, free: number) =>
  new ApiError(
    409,
    'layer_full',
    `layer ${layer} has no ${percent(share)} free in one piece, but ${percent(free)}: ask for less traffic, stop an experiment, or take another layer`,
  );
