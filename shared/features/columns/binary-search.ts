/**
 * Binary search: the first index in [from, to) where `holds` is true, or `to` if there is none.
 * @param holds must be false up to some index and true from there on.
 */
export function firstIndex(from: number, to: number, holds: (index: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
