import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  interactionGain,
  screenPairs,
  type CellTable,
} from '../../../../../backend/science/learn/crosses/screen-pairs.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { parseSchema } from '../../../../../shared/features/schema.ts';
import { fuzz, SEED } from '../../../../shared/support/seed.ts';

/** The least of `Σ G d + (H + ridge) d² / 2` over d = r_x + s_y, by solving the normal equations as they stand. */
function leastAdditive({ rows, columns, gradient, hessian }: CellTable, ridge: number): number {
  const size = rows + columns;
  const matrix = Array.from({ length: size }, () => new Float64Array(size + 1));
  for (let x = 0; x < rows; x++)
    for (let y = 0; y < columns; y++) {
      const c = x * columns + y;
      if (hessian[c] <= 0) continue;
      const bend = hessian[c] + ridge;
      for (const i of [x, rows + y]) {
        for (const j of [x, rows + y]) matrix[i][j] += bend;
        matrix[i][size] -= gradient[c];
      }
    }
  // A shift from rows to columns changes nothing, so that the matrix is singular: a trace of ridge picks one of the solutions.
  for (let i = 0; i < size; i++) matrix[i][i] += 1e-9;
  const solution = solved(matrix);
  let least = 0;
  for (let x = 0; x < rows; x++)
    for (let y = 0; y < columns; y++) {
      const c = x * columns + y;
      if (hessian[c] <= 0) continue;
      const d = solution[x] + solution[rows + y];
      least += gradient[c] * d + ((hessian[c] + ridge) * d * d) / 2;
    }
  return least;
}

/** Gaussian elimination with partial pivoting. */
function solved(matrix: Float64Array[]): number[] {
  const size = matrix.length;
  for (let k = 0; k < size; k++) {
    let pivot = k;
    for (let i = k; i < size; i++)
      if (Math.abs(matrix[i][k]) > Math.abs(matrix[pivot][k])) pivot = i;
    [matrix[k], matrix[pivot]] = [matrix[pivot], matrix[k]];
    for (let i = 0; i < size; i++) {
      if (i === k) continue;
      const factor = matrix[i][k] / matrix[k][k];
      for (let j = k; j <= size; j++) matrix[i][j] -= factor * matrix[k][j];
    }
  }
  return matrix.map((row, k) => row[size] / row[k]);
}

const tables = fc
  .record({
    rows: fc.integer({ min: 1, max: 5 }),
    columns: fc.integer({ min: 1, max: 5 }),
    seed: fc.nat(),
  })
  .map(({ rows, columns, seed }): CellTable => {
    const random = seededRandom(seed);
    const cells = rows * columns;
    // Some cells have no rows.
    const hessian = Float64Array.from({ length: cells }, () => Math.max(0, random() - 0.2) * 9);
    const gradient = hessian.map((own) => (own === 0 ? 0 : 4 * (random() - 0.5)));
    return { rows, columns, gradient, hessian };
  });

describe(`the gain of an interaction (seed ${SEED})`, () => {
  it('is what the best table gains and no sum of rows and columns does', () => {
    fuzz(fc.tuple(tables, fc.constantFrom(0.1, 1, 5)), ([table, ridge]) => {
      let best = 0;
      table.gradient.forEach((own, c) => {
        if (table.hessian[c] > 0) best -= own ** 2 / (table.hessian[c] + ridge) / 2;
      });
      const expected = leastAdditive(table, ridge) - best;
      expect(interactionGain(table, ridge)).toBeCloseTo(expected, 6);
    });
  });

  it('is none where rows and columns explain all, though hardly a cell links them', () => {
    const gradient = Float64Array.of(0, 0, 0.1504, -1.9794, 0, -0.2184, -1.6117, 0);
    const hessian = Float64Array.of(0, 0, 0.06255, 5.2053, 0, 0.9169, 0.2745, 0);
    expect(interactionGain({ rows: 2, columns: 4, gradient, hessian }, 0.1)).toBeCloseTo(0, 9);
  });

  it('is none where rows and columns explain all', () => {
    const hessian = Float64Array.from({ length: 12 }, (_, c) => 1 + (c % 5));
    const gradient = hessian.map((own, c) => (own + 1) * (Math.floor(c / 4) - 0.3 * (c % 4)));
    expect(interactionGain({ rows: 3, columns: 4, gradient, hessian }, 1)).toBeCloseTo(0, 6);
  });
});

const schema = parseSchema({
  name: 'three',
  columns: [],
  features: ['a', 'b', 'c', 'd'].map((key) => ({
    name: key,
    kind: 'context',
    key,
    values: key === 'd' ? Array.from({ length: 40 }, (_, i) => `v${i}`) : ['x', 'y', 'z'],
  })),
});

test('the pair that interacts comes first, and a pair of many cells without one gains nothing by its size', () => {
  const random = seededRandom(5);
  const rows = 20_000;
  const sizes = [4, 4, 4, 41];
  const codes = new Uint8Array(4 * rows);
  const gradient = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    sizes.forEach((size, f) => (codes[f * rows + row] = Math.floor(size * random())));
    const isXor = codes[row] > 1 === codes[2 * rows + row] > 1;
    gradient[row] = 0.5 * Math.sign(random() - 0.5) + (isXor ? 0.05 : -0.05);
  }
  const hessian = new Float64Array(rows).fill(0.25);
  const pairs = [
    [0, 1],
    [0, 2],
    [1, 2],
    [0, 3],
    [1, 3],
  ] as const;
  const found = screenPairs({ rows, features: 4, codes }, schema, { gradient, hessian }, pairs, {
    ridge: 1,
    noise: 1,
  });
  expect(found[0].cross).toEqual([0, 2]);
  // The gain of the truth: ½ Σ G² / H over cells, of a mean gradient of 0.05 everywhere.
  expect(found[0].gain).toBeGreaterThan(0.7 * ((0.05 ** 2 * rows) / 0.25 / 2));
  // Chance of the largest of four others, in standard deviations of half a χ² of as many degrees of freedom as d and a have.
  for (const { gain } of found.slice(1)) expect(gain).toBeLessThan(4 * Math.sqrt(120 / 2));
});

test('what chance alone brings is taken off, so that gains are 0 on average where nothing interacts', () => {
  const random = seededRandom(11);
  const [rows, noise] = [600, 2];
  const gains = Array.from({ length: 600 }, () => {
    const codes = Uint8Array.from({ length: 4 * rows }, (_, at) =>
      at < 3 * rows ? Math.floor(4 * random()) : 0,
    );
    const hessian = new Float64Array(rows).fill(0.25);
    // Of a variance of `noise` per unit of the hessian.
    const gradient = hessian.map((own) => Math.sqrt(noise * own) * Math.sign(random() - 0.5));
    const set = { rows, features: 4, codes };
    const about = { ridge: 1e-6, noise };
    return screenPairs(set, schema, { gradient, hessian }, [[0, 1]], about)[0].gain;
  });
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  // Half of a χ² of nine degrees of freedom, times the noise, has a standard deviation of √18 / 2 · 2.
  expect(Math.abs(mean)).toBeLessThan((3.5 * Math.sqrt(18)) / Math.sqrt(gains.length));
});
