/**
 * In this order; `canary 5` serves the challenger to 5 % of the traffic. `interleaved` mixes its slates with the champion's
 * for a share of the sessions. `nextStep` leaves out what a rollout does not need.
 */
export const STEPS = [
  'candidate',
  'shadow',
  'canary 1',
  'interleaved',
  'canary 5',
  'canary 25',
  'canary 50',
  'canary 100',
  'champion',
] as const;

export type Step = (typeof STEPS)[number];
/** `withdrawn`: the rollout is over and the champion serves. `hold`: ops moved the pointer, and the rollout leaves it alone. */
export type Stage = Step | 'withdrawn' | 'hold';

/** The share of traffic that is served by the challenger alone at a stage. */
export const SHARE: Readonly<Record<Stage, number>> = {
  candidate: 0,
  shadow: 0,
  'canary 1': 0.01,
  interleaved: 0,
  'canary 5': 0.05,
  'canary 25': 0.25,
  'canary 50': 0.5,
  'canary 100': 1,
  champion: 1,
  withdrawn: 0,
  hold: 0,
};

/** Nobody is shown anything of the challenger. */
export const isUnseen = (stage: Stage): boolean => SHARE[stage] === 0 && stage !== 'interleaved';

/**
 * The share of traffic that is shown the challenger. An interleaved slate is half its own, and counts half.
 * @param interleaveShare of the sessions, that are interleaved where any are.
 */
export const shownShare = (stage: Stage, interleaveShare: number): number =>
  stage === 'interleaved' ? interleaveShare / 2 : SHARE[stage];
