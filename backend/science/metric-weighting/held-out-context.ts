import { gram, partialOut } from './gram.ts';
import type { UnitDesign } from './unit-design.ts';

/**
 * What context foretells of metrics and target, for units that the fit did not see. A linear fit extrapolates without
 * bound where a held-out unit's context lies far outside of what it was fitted on, so that a prediction is cut to the
 * range of the values that the fit saw.
 * @param train Gram matrix of all columns over the units that are not held out. @param heldOut rows of the design.
 * @returns per metric of the design and, last, for the target, one value per held-out row.
 */
export function foretoldByContext(
  design: UnitDesign,
  train: Float64Array,
  heldOut: Uint32Array,
): Float64Array[] {
  const { columns, contextColumns } = design;
  const others = columns.length - contextColumns;
  const { coefficients } = partialOut(train, columns.length, contextColumns);
  const isHeldOut = new Uint8Array(design.rows.length);
  for (const row of heldOut) isHeldOut[row] = 1;
  return columns.slice(contextColumns).map((column, j) => {
    const [least, most] = rangeOf(column, isHeldOut);
    return Float64Array.from(heldOut, (row) => {
      let sum = 0;
      for (let k = 0; k < contextColumns; k++)
        sum += columns[k][row] * coefficients[k * others + j];
      return Math.min(Math.max(sum, least), most);
    });
  });
}

/** Gram matrix of the design without the held-out rows. @param whole that of all rows. */
export function gramWithout(
  { columns }: UnitDesign,
  whole: Float64Array,
  heldOut: Uint32Array,
): Float64Array {
  const own = gram(columns, heldOut);
  return whole.map((value, i) => value - own[i]);
}

/** Smallest and largest value of the rows that are not held out. */
function rangeOf(column: Float64Array, isHeldOut: Uint8Array): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (let row = 0; row < column.length; row++) {
    if (isHeldOut[row] === 1) continue;
    least = Math.min(least, column[row]);
    most = Math.max(most, column[row]);
  }
  return [least, most];
}
