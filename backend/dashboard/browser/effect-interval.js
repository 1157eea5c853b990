import { interval, intervalScale, trackAt, wholeTrack } from './interval.js';

/**
 * An effect with its interval around 0: an interval wholly to one side of 0 is significant.
 * @param {{ readonly low: number | null, readonly high: number | null, readonly estimate: number }} effect
 *   JSON has null for an infinite bound
 */
export function effectInterval({ low, high, estimate }) {
  const ends = [low, high, estimate].filter((end) => end !== null && Number.isFinite(end));
  const most = Math.max(...ends.map((end) => Math.abs(Number(end))), Number.MIN_VALUE);
  const x = intervalScale([-most, most]);
  /** @param {number} value */
  const within = (value) => Math.max(-most, Math.min(most, value));
  const shown = { low: within(low ?? -most), high: within(high ?? most), mean: estimate };
  return interval(shown, x, wholeTrack(), trackAt(x(0), 2));
}
