/**
 * Shuffles in place; every order is equally likely (Fisher & Yates, 1938; Durstenfeld, 1964).
 * @returns the same array.
 */
export function shuffle<Values extends Uint8Array | Uint16Array | Uint32Array>(
  values: Values,
  random: () => number,
): Values {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j], values[i]];
  }
  return values;
}
