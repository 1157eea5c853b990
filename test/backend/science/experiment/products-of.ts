import type { CrossProducts } from '../../../../backend/science/experiment/experiment-statistics.ts';

/** @param units one row per unit, a value per column. */
export function productsOf(
  columns: readonly string[],
  units: readonly (readonly number[])[],
): CrossProducts {
  const width = columns.length;
  const [sums, products] = [new Float64Array(width), new Float64Array(width * width)];
  for (const unit of units) {
    for (let i = 0; i < width; i++) {
      sums[i] += unit[i];
      for (let j = 0; j < width; j++) products[i * width + j] += unit[i] * unit[j];
    }
  }
  return { n: units.length, columns, sums: [...sums], products: [...products] };
}
