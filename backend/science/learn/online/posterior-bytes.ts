import { noPull, type OnlinePosterior, type OnlineProblem } from './online-learner.ts';

/**
 * The posterior as it is stored: of each bucket that the schema has, of each slot, and of the intercept, the mean, then the precision, and then
 * the sums of the latest slates, pull and variance, f64.
 */
export function posteriorToBytes(
  { places }: OnlineProblem,
  { mean, precision, recent }: OnlinePosterior,
): Uint8Array {
  const parts = [mean, precision, recent.pull, recent.variance];
  const values = new Float64Array(parts.length * places.length);
  parts.forEach((part, k) => {
    for (let i = 0; i < places.length; i++) values[k * places.length + i] = part[places[i]];
  });
  return new Uint8Array(values.buffer);
}

/**
 * Reads what was stored before the sums of the latest slates were, too: they start at 0.
 * @throws Error when the bytes are of another schema.
 */
export function posteriorFromBytes(
  { places, prior }: OnlineProblem,
  bytes: Uint8Array,
): OnlinePosterior {
  const parts = bytes.length / (places.length * Float64Array.BYTES_PER_ELEMENT);
  if (parts !== 2 && parts !== 4)
    throw new Error(
      `${bytes.length} bytes are no posterior of ${places.length} weights: what was learned is of another schema`,
    );
  // A buffer of its own: what the driver gives need not start where numbers may.
  const values = new Float64Array(new Uint8Array(bytes).buffer);
  const posterior = {
    mean: new Float64Array(prior.length),
    precision: prior.slice(),
    recent: noPull(prior.length),
  };
  const { mean, precision, recent } = posterior;
  [mean, precision, recent.pull, recent.variance].slice(0, parts).forEach((part, k) => {
    places.forEach((at, i) => (part[at] = values[k * places.length + i]));
  });
  return posterior;
}
