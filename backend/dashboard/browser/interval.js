import { svg } from './dom.js';
import { scaleOf } from './scale.js';

const WIDTH = 180;
const HEIGHT = 18;
const MARGIN = 6;

/** @param {readonly [number, number]} range of the values @returns the scale of an interval's drawing */
export const intervalScale = (range) => scaleOf(range, [MARGIN, WIDTH - MARGIN]);

/**
 * A mean with its interval on a scale; the track is what it is read against: the whole width, or a line at a value.
 * @param {{ readonly low: number, readonly high: number, readonly mean: number }} of
 * @param {(value: number) => number} x
 * @param {...SVGElement} tracks
 */
export const interval = ({ low, high, mean }, x, ...tracks) =>
  svg(
    'svg',
    { class: 'interval', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true' },
    ...tracks,
    horizontal('range', x(low), x(high)),
    svg('circle', { class: 'mean', cx: x(mean), cy: HEIGHT / 2, r: 4 }),
  );

export const wholeTrack = () => horizontal('track', MARGIN, WIDTH - MARGIN);

/** @param {number} x @param {number} [inset] */
export const trackAt = (x, inset = 0) =>
  svg('line', { class: 'track', x1: x, x2: x, y1: inset, y2: HEIGHT - inset });

/** @param {string} name @param {number} x1 @param {number} x2 */
const horizontal = (name, x1, x2) =>
  svg('line', { class: name, x1, x2, y1: HEIGHT / 2, y2: HEIGHT / 2 });
