/** Rows grouped by equal value, with the groups in ascending order. */
export interface ValueGroups {
  /** The distinct values, ascending. */
  readonly values: Float64Array;
  /** The index of each row's value. */
  readonly groupOf: Uint32Array;
}

/**
 * Dense ranks of rows, where ties share a rank. Sorting the values and searching each row's value by bisection is
 * several times faster than sorting row numbers with a comparator.
 * @throws Error naming the first row whose value is NaN.
 */
export function groupByValue(rows: ArrayLike<number>): ValueGroups {
  const sorted = Float64Array.from(rows);
  sorted.sort();
  let distinct = 0;
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[distinct++] = sorted[i];
  }
  const values = sorted.subarray(0, distinct);
  const groupOf = new Uint32Array(rows.length);
  for (let row = 0; row < rows.length; row++) {
    const value = rows[row];
    if (Number.isNaN(value)) throw new Error(`row ${row} is NaN: every row needs a number`);
    let [low, high] = [0, distinct - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[middle] < value) low = middle + 1;
      else high = middle;
    }
    groupOf[row] = low;
  }
  return { values, groupOf };
}

/** Sum of `amount(row)` per group. */
export function totalPerGroup(
  { values, groupOf }: ValueGroups,
  amount: (row: number) => number,
): Float64Array {
  const totals = new Float64Array(values.length);
  for (let row = 0; row < groupOf.length; row++) totals[groupOf[row]] += amount(row);
  return totals;
}
