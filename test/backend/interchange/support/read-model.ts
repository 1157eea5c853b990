import { forestOf } from '../../../../backend/interchange/forest-of.ts';
import type { ForeignModel } from '../../../../backend/interchange/foreign-model.ts';
import type { MatchOptions } from '../../../../backend/interchange/match-features.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { UNITS_PER_POINT } from '../../../../shared/score/fixed-point.ts';
import { finalUnits } from '../../../../shared/score/rerank.ts';
import { additiveFromPoints, type Scorer } from '../../../../shared/score/scorer.ts';
import { scorerFromBytes, scorerToBytes } from '../../../../shared/format/scorer-bytes.ts';
import { SCHEMA } from './trained-rows.ts';

export const PARENT: Scorer = additiveFromPoints(
  SCHEMA,
  { device: [0, 3, -1.5] },
  { version: RULES_VERSION, name: 'rules' },
);
export const POINTS = 20;

/** A model as the edge has it: through its bytes. */
export function importedForest(model: ForeignModel, options: Partial<MatchOptions> = {}): Scorer {
  const { scorer } = forestOf(model, PARENT, {
    trainedOn: 'codes',
    missing: 'zero',
    nearestEdge: false,
    ...options,
    points: POINTS,
    rerank: { depth: 200, adds: false },
    name: 'imported',
  });
  return scorerFromBytes(scorerToBytes({ ...scorer, version: RULES_VERSION }));
}

/**
 * How far scores are from a library's raw predictions: by how much the worst exceeds the rounding that each tree may add, in points, and in how
 * many neighbouring pairs of rows the order is another one although the predictions differ by more than that.
 * @param codesOf of a row. @param float32 what the library's own sums of 32-bit floats may be off, relative to their size.
 */
export function distance(
  scorer: Scorer,
  predictions: ArrayLike<number>,
  codesOf: (row: number) => ArrayLike<number>,
  trees: number,
  float32 = 0,
): { readonly excess: number; readonly turned: number } {
  const scores = Array.from(
    { length: predictions.length },
    (_, row) => finalUnits(scorer, codesOf(row)) / UNITS_PER_POINT,
  );
  const allowed = (row: number) =>
    trees * 2 ** -17 + float32 * trees * POINTS * Math.max(1, Math.abs(predictions[row])) + 1e-9;
  const order = scores.map((_, row) => row).toSorted((a, b) => predictions[a] - predictions[b]);
  const excess = Math.max(
    ...scores.map((score, row) => Math.abs(score - predictions[row] * POINTS) - allowed(row)),
  );
  let turned = 0;
  for (let i = 1; i < order.length; i++) {
    const [below, above] = [order[i - 1], order[i]];
    const isApart =
      (predictions[above] - predictions[below]) * POINTS > allowed(above) + allowed(below);
    if (isApart && scores[above] <= scores[below]) turned++;
  }
  return { excess, turned };
}
