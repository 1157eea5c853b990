/** The value that a share `q` of rising values does not exceed: nearest rank. NaN of nothing. */
export const quantile = (rising: ArrayLike<number>, q: number): number =>
  rising[Math.max(0, Math.ceil(q * rising.length) - 1)] ?? Number.NaN;

export const median = (values: readonly number[]): number => {
  const rising = values.toSorted((a, b) => a - b);
  return (quantile(rising, 0.5) + (rising[rising.length >> 1] ?? Number.NaN)) / 2;
};
