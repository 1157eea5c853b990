import type { OnlinePosterior, OnlineProblem } from './online-learner.ts';

/** The posterior as it is stored: of each bucket that the schema has, of each slot, and of the intercept, the mean and then the precision, f64. */
export function posteriorToBytes(
  { places }: OnlineProblem,
  posterior: OnlinePosterior,
): Uint8Array {
  const values = new Float64Array(2 * places.length);
  places.forEach((at, i) => {
    values[i] = posterior.mean[at];
    values[places.length + i] = posterior.precision[at];
  });
  return new Uint8Array(values.buffer);
}

/** @throws Error when the bytes are of another schema. */
export function posteriorFromBytes(
  { places, prior }: OnlineProblem,
  bytes: Uint8Array,
): OnlinePosterior {
  if (bytes.length !== 2 * places.length * Float64Array.BYTES_PER_ELEMENT)
    throw new Error(
      `${bytes.length} bytes are no posterior of ${places.length} weights: what was learned is of another schema`,
    );
  // A buffer of its own: what the driver gives need not start where numbers may.
  const values = new Float64Array(new Uint8Array(bytes).buffer);
  const posterior = { mean: new Float64Array(prior.length), precision: prior.slice() };
  places.forEach((at, i) => {
    posterior.mean[at] = values[i];
    posterior.precision[at] = values[places.length + i];
  });
  return posterior;
}
