export const whole = (n) => (typeof n === 'number' ? n.toLocaleString('en') : '–');

export const percent = (share, digits = 1) =>
  typeof share === 'number' ? `${(share * 100).toFixed(digits)} %` : '–';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** `3 min`: the two largest units say more than is needed here. */
export function duration(ms) {
  const [unit, sizeMs] = UNITS.find(([, size]) => ms >= size) ?? ['ms', 1];
  return `${Math.round(ms / sizeMs)} ${unit}`;
}

export const ago = (atMs, nowMs) =>
  nowMs - atMs < 5000 ? 'just now' : `${duration(nowMs - atMs)} ago`;

/** Up to three figures that matter: 0.0123, 1.23, 123. */
export const figure = (x) =>
  Math.abs(x) >= 1000 ? whole(Math.round(x)) : String(Number(x.toPrecision(3)));
