/** In this order, one at a time; `canary 5` serves the challenger to 5 % of the traffic. */
export const STEPS = [
  'candidate',
  'shadow',
  'canary 1',
  'canary 5',
  'canary 25',
  'canary 50',
  'canary 100',
  'champion',
] as const;

export type Step = (typeof STEPS)[number];
/** `withdrawn`: the rollout is over and the champion serves. `hold`: ops moved the pointer, and the rollout leaves it alone. */
export type Stage = Step | 'withdrawn' | 'hold';

/** The share of traffic that is shown the challenger at a stage. */
export const SHARE: Readonly<Record<Stage, number>> = {
  candidate: 0,
  shadow: 0,
  'canary 1': 0.01,
  'canary 5': 0.05,
  'canary 25': 0.25,
  'canary 50': 0.5,
  'canary 100': 1,
  champion: 1,
  withdrawn: 0,
  hold: 0,
};
