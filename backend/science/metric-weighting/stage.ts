import type { Skill } from './learned-weights.ts';

/** Weights learned from one kind of data (units or experiments), with their skill. */
export interface LearnedStage {
  readonly weights: Float64Array;
  readonly covariance: Float64Array;
  readonly shrinkage: number;
  readonly skill: Skill;
  readonly clusters: number;
  readonly about: Readonly<Record<string, unknown>>;
}

/** A stage's weights, or why they are not used; with `skill` where there was enough data but no held-out skill. */
export type StageOutcome = LearnedStage | { readonly refused: string; readonly skill?: Skill };

/** Why learned weights must not be used: they did not predict what was held out. Undefined where they did. */
export function lackOfSkill(skill: Skill | undefined, what: string): string | undefined {
  if (skill === undefined) return `all held-out ${what} have the same value`;
  if (skill.r2.low > 0) return undefined;
  return `no skill on held-out ${what}: r² ${skill.r2.mean.toFixed(3)} (${skill.r2.low.toFixed(3)} to ${skill.r2.high.toFixed(3)})`;
}
