/**
 * How many of `tries` independent ones a thing of this probability comes true in, but for once in a thousand runs on
 * either side: `least` is the smallest count with P(X ≤ count) > 0.001, `most` the largest with P(X ≥ count) > 0.001.
 * These are the counts whose exact (Clopper–Pearson) interval at 99.8 % holds the probability, so that they ask of a small
 * simulation what can be asked of its size, and no less.
 */
export function binomialBounds(
  tries: number,
  probability: number,
): { readonly least: number; readonly most: number } {
  const TAIL = 0.001;
  const mass = new Float64Array(tries + 1);
  let logChoose = 0;
  for (let count = 0; count <= tries; count++) {
    mass[count] = Math.exp(
      logChoose + count * Math.log(probability) + (tries - count) * Math.log1p(-probability),
    );
    logChoose += Math.log((tries - count) / (count + 1));
  }
  let [least, most] = [0, tries];
  for (let below = mass[least]; below <= TAIL; below += mass[least]) least++;
  for (let above = mass[most]; above <= TAIL; above += mass[most]) most--;
  return { least, most };
}
