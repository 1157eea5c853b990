/** What a gain counts at each slot of a slate, best first: `1 / log2(slot + 1)` (Järvelin & Kekäläinen, 2002). */
export const discountsOf = (slots: number): Float64Array =>
  Float64Array.from({ length: slots }, (_, i) => 1 / Math.log2(i + 2));

/** 1 / the greatest DCG that each slate can have at the truncation; 0 where nothing was gained. */
export function inverseIdeals(
  gains: ArrayLike<number>,
  starts: Uint32Array,
  truncation: number,
): Float64Array {
  return Float64Array.from({ length: starts.length - 1 }, (_, slate) => {
    const own: number[] = [];
    for (let row = starts[slate]; row < starts[slate + 1]; row++) own.push(gains[row]);
    own.sort((a, b) => b - a);
    let ideal = 0;
    for (let i = 0; i < Math.min(own.length, truncation); i++) ideal += own[i] / Math.log2(i + 2);
    return ideal > 0 ? 1 / ideal : 0;
  });
}
