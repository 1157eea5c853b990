import { count } from '../../../shared/text/text.ts';

/** With fewer, nothing is learned: labelled units; experiments, however many treatments each has. */
export const MINIMUM_UNITS = 1000;
export const MINIMUM_EXPERIMENTS = 20;

/** Why units say nothing, if they do not: few labels, or no spread in them. */
export function unitsProblem(
  target: string,
  labelled: number,
  deviation: number,
): string | undefined {
  if (labelled < MINIMUM_UNITS)
    return `too few units: ${count(labelled)} of ${count(MINIMUM_UNITS)} with a known target (${target})`;
  if (deviation === 0) return `${target} is the same for all units: nothing can be foretold`;
  return undefined;
}
