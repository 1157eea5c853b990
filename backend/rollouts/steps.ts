import { DAY_MS } from '../../shared/domain/utc-day.ts';

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

/** What must hold before the next step. */
export interface StepRules {
  readonly minMs: number;
  readonly minSessions: number;
  /** `no harm`: no guardrail shows harm; `no worse`: every guardrail rules harm out; `nothing`: guardrails are not needed. */
  readonly guardrails: 'nothing' | 'no harm' | 'no worse';
}

export interface RolloutRules {
  readonly steps: Readonly<Record<Exclude<Step, 'champion'>, StepRules>>;
  /** A challenger that stays at one step for longer is withdrawn; absent: it waits for ever. */
  readonly maxStepMs?: number;
}

const A_DAY = { minMs: DAY_MS, minSessions: 1000 };

/** Harm must be ruled out before more than 5 % see the challenger; with fewer, there are too few sessions to rule it out. */
export const DEFAULT_ROLLOUT_RULES: RolloutRules = {
  steps: {
    candidate: { minMs: 0, minSessions: 0, guardrails: 'nothing' },
    shadow: { ...A_DAY, guardrails: 'nothing' },
    'canary 1': { ...A_DAY, guardrails: 'no harm' },
    'canary 5': { ...A_DAY, guardrails: 'no worse' },
    'canary 25': { ...A_DAY, guardrails: 'no worse' },
    'canary 50': { ...A_DAY, guardrails: 'no worse' },
    'canary 100': { ...A_DAY, guardrails: 'no worse' },
  },
  maxStepMs: 14 * DAY_MS,
};
