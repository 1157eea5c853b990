import type { TrainingSet } from './training-set.ts';

/** Scores every row by its codes alone. @param score is given the same array each time. */
export function scoreRows(
  { rows, features, codes }: Pick<TrainingSet, 'rows' | 'features' | 'codes'>,
  score: (codes: Uint8Array) => number,
): Float64Array {
  const own = new Uint8Array(features);
  const scores = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let feature = 0; feature < features; feature++) own[feature] = codes[feature * rows + row];
    scores[row] = score(own);
  }
  return scores;
}
