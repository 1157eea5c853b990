/**
 * Scales and ticks of charts. The dashboard is served these functions as they are here (`dashboard/generated.ts`), so each
 * must stand alone: nothing imported, nothing from outside the function.
 */

/** A linear scale from data to pixels. */
export function scaleOf(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
): (value: number) => number {
  const span = to - from;
  return (value) =>
    span === 0 ? (start + end) / 2 : start + ((value - from) / span) * (end - start);
}

/** Round values within `from..to`, in about `wanted` steps of 1, 2 or 5 times a power of ten. */
export function ticksOf([from, to]: readonly [number, number], wanted: number): number[] {
  if (!(to > from)) return [from];
  const rough = (to - from) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((size) => size >= rough)!;
  const ticks: number[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}
