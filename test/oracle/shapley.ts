/** Shapley values by their definition: over all subsets of the others. @param value of a subset, as a bit mask. */
export function shapleyValues(features: number, value: (known: number) => number): number[] {
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  return Array.from({ length: features }, (_, feature) => {
    let sum = 0;
    for (let known = 0; known < 2 ** features; known++) {
      if ((known >> feature) & 1) continue;
      let size = 0;
      for (let bits = known; bits > 0; bits >>= 1) size += bits & 1;
      const weight = (factorial(size) * factorial(features - size - 1)) / factorial(features);
      sum += weight * (value(known | (1 << feature)) - value(known));
    }
    return sum;
  });
}
