import { seededRandom } from '../../../shared/explore/random.ts';
import type { CodeMatrix } from '../../../backend/science/learn/code-matrix.ts';

/** Codes 1..255, each as likely as any, and labels that eight of the features tell, two of them only together. */
export function madeClicks(rows: number, features: number, seed: number) {
  const random = seededRandom(seed);
  const codes = new Uint8Array(rows * features);
  // Four codes a draw: the draws are most of the time that this takes.
  const fours = new Uint32Array(codes.buffer, 0, codes.length >> 2);
  for (let i = 0; i < fours.length; i++) fours[i] = random() * 2 ** 32;
  for (let i = 0; i < codes.length; i++) codes[i] ||= 1;
  const labels = new Float32Array(rows);
  const at = (feature: number, row: number) => codes[feature * rows + row] / 128;
  for (let row = 0; row < rows; row++) {
    let logOdds = (at(0, row) - 1) * at(1, row);
    for (let feature = 1; feature < 8; feature++)
      logOdds += (feature % 2 === 0 ? 1 : -1) * (at(feature, row) - 1);
    labels[row] = random() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0;
  }
  const columns: CodeMatrix = { rows, features, codes };
  return { columns, labels };
}
