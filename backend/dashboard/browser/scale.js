/** A straight map from data to pixels. @returns a function of a value. */
export function linearScale([from, to], [start, end]) {
  const span = to - from;
  return (value) =>
    span === 0 ? (start + end) / 2 : start + ((value - from) / span) * (end - start);
}

/** Round values that cover `from..to` in about `wanted` steps of 1, 2 or 5 times a power of ten. */
export function ticks(from, to, wanted) {
  if (!(to > from)) return [from];
  const rough = (to - from) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((size) => size >= rough);
  const out = [];
  for (let i = Math.ceil(from / step); i * step <= to + step * 1e-9; i++)
    out.push(Number((i * step).toPrecision(12)));
  return out;
}
