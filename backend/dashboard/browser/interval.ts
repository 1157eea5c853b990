import { svg } from './dom.ts';

const WIDTH = 180;
const HEIGHT = 18;
const MARGIN = 6;

export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly mean: number;
}

/** A mean with its interval within a range. @param at where a line stands that it is read against, such as 0. */
export function interval(
  { low, high, mean }: Interval,
  [from, to]: readonly [number, number],
  at?: number,
): SVGElement {
  const x = (value: number) => MARGIN + ((value - from) / (to - from || 1)) * (WIDTH - 2 * MARGIN);
  const across = (name: string, a: number, b: number) =>
    svg('line', { class: name, x1: a, x2: b, y1: HEIGHT / 2, y2: HEIGHT / 2 });
  return svg(
    'svg',
    { class: 'interval', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true' },
    across('track', MARGIN, WIDTH - MARGIN),
    at !== undefined &&
      svg('line', { class: 'track', x1: x(at), x2: x(at), y1: 2, y2: HEIGHT - 2 }),
    across('range', x(low), x(high)),
    svg('circle', { class: 'mean', cx: x(mean), cy: HEIGHT / 2, r: 4 }),
  );
}

/** An effect around 0: an interval wholly to one side of it is significant. JSON has null for an infinite bound. */
export function effectInterval({
  low,
  high,
  estimate,
}: {
  readonly low: number | null;
  readonly high: number | null;
  readonly estimate: number;
}): SVGElement {
  const ends = [low, high, estimate].filter((end) => end !== null && Number.isFinite(end));
  const most = Math.max(...ends.map((end) => Math.abs(Number(end))), Number.MIN_VALUE);
  const within = (value: number) => Math.max(-most, Math.min(most, value));
  return interval(
    { low: within(low ?? -most), high: within(high ?? most), mean: estimate },
    [-most, most],
    0,
  );
}
