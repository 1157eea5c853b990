import { count } from '../../../shared/text/text.ts';

/** The fewest labelled units, and the fewest experiments (however many treatments each has), to learn from. */
export const MINIMUM_UNITS = 1000;
export const MINIMUM_EXPERIMENTS = 20;

/** Why nothing can be learned from the units: too few labels, or no variance in them; undefined otherwise. */
export function unitsProblem(
  target: string,
  labelled: number,
  deviation: number,
): string | undefined {
  if (labelled < MINIMUM_UNITS)
    return `too few units: ${count(labelled)} of ${count(MINIMUM_UNITS)} with a known target (${target})`;
  if (deviation === 0) return `${target} is the same for all units: there is nothing to predict`;
  return undefined;
}
