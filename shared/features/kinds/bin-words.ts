/**
 * Words for the bin `step` of numbers by rising `edges`, each of which belongs to the bin below it: `up to 10`, `10 to 20`,
 * `over 20`.
 */
export function binWords(
  edges: readonly number[],
  step: number,
  text: (edge: number) => string = String,
): string {
  if (step === 0) return `up to ${text(edges[0])}`;
  return step === edges.length
    ? `over ${text(edges[step - 1])}`
    : `${text(edges[step - 1])} to ${text(edges[step])}`;
}

/** The same by edges that begin with 0, where the first bin holds nothing else: `none`, `up to 0.4`, `0.4 to 1.2`, `over 1.2`. */
export function amountWords(
  edges: readonly number[],
  step: number,
  text?: (edge: number) => string,
): string {
  if (step === 0) return 'none';
  return edges.length === 1 ? 'some' : binWords(edges.slice(1), step - 1, text);
}

/**
 * The whole numbers from `lowest` to `highest` in the bin `step`, both ends included; undefined where the bin has none.
 */
export function wholeBin(
  edges: readonly number[],
  step: number,
  [lowest, highest]: readonly [number, number],
): readonly [from: number, to: number] | undefined {
  const from = step === 0 ? lowest : Math.max(lowest, Math.floor(edges[step - 1]) + 1);
  const to = step === edges.length ? highest : Math.min(highest, Math.floor(edges[step]));
  return from > to ? undefined : [from, to];
}
