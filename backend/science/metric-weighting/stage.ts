import type { Skill } from './learned-weights.ts';

/** What one kind of data came to: weights with their skill, or why none. */
export interface Stage {
  readonly weights: Float64Array;
  readonly covariance: Float64Array;
  readonly shrinkage: number;
  readonly skill: Skill;
  readonly clusters: number;
  readonly about: Readonly<Record<string, unknown>>;
}

/** With `skill` where there were data enough, but they foretold nothing. */
export type Tried = Stage | { readonly refused: string; readonly skill?: Skill };

/** Why what was learned must not be used: it foretold nothing that was held out. */
export function withoutSkill(skill: Skill | undefined, what: string): string | undefined {
  if (skill === undefined) return `the held-out ${what} are all alike`;
  if (skill.r2.low > 0) return undefined;
  return `no skill on held-out ${what}: r² ${skill.r2.mean.toFixed(3)} (${skill.r2.low.toFixed(3)} to ${skill.r2.high.toFixed(3)})`;
}
