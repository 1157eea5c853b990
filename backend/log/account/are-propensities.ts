/** Whether each slot has a chance of its item as an edge logs it. Anything else would make every sum useless that it is a part of. */
export const arePropensities = (values: Float64Array, slots: number): boolean =>
  values.length === slots && values.every((chance) => chance > 0 && chance <= 1);
