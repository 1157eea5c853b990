import {
  changedWeights,
  directMethod,
  doublyRobust,
  selfNormalisedDr,
  shrunk,
  switched,
  type ModelledRounds,
} from './doubly-robust.ts';
import { EVIDENCE_LIMITS, propensityProblem, type EvidenceLimits } from './support.ts';
import { ips, snips, type RowTerms } from './ips.ts';
import { conclude, type OffPolicyEstimate } from './off-policy-estimate.ts';
import { checkLengths, importanceWeights, type LoggedRounds } from './rounds.ts';
import { tuneShrinkage } from './tune-shrinkage.ts';

/** Estimators of what one logged action per row earns. */
export type TopSlotEstimator =
  | { readonly kind: 'ips' }
  | { readonly kind: 'clipped-ips'; readonly limit: number }
  | { readonly kind: 'snips' }
  | { readonly kind: 'dm' }
  | { readonly kind: 'dr' }
  | { readonly kind: 'sndr' }
  | { readonly kind: 'switch-dr'; readonly threshold: number }
  /** `tuned`: the λ with the least bound on the squared error. */
  | { readonly kind: 'dr-os'; readonly lambda: number | 'tuned' };

export interface TopSlotOptions {
  readonly limits?: EvidenceLimits;
  /**
   * The same rows with another policy's probabilities: the gain is over its estimate. Absent, the gain is
   * over what was earned by whatever served the rows.
   */
  readonly baseline?: LoggedRounds;
}

/** @throws ApiError where arrays do not fit together. */
export function estimateTopSlot(
  estimator: TopSlotEstimator,
  rounds: LoggedRounds,
  { limits = EVIDENCE_LIMITS, baseline }: TopSlotOptions = {},
): OffPolicyEstimate {
  const worked = termsOf(estimator, rounds);
  if (typeof worked === 'string')
    return { kind: 'refused', estimator: topSlotName(estimator), reason: worked };
  const { name, values, raw, used, modelBacked } = worked;
  const weights = [{ about: '', raw, used, reward: rounds.reward, modelBacked }];
  let over = rounds.reward;
  if (baseline !== undefined) {
    const alone = estimateTopSlot(estimator, baseline, { limits });
    if (alone.kind === 'refused') return { ...alone, reason: `baseline: ${alone.reason}` };
    over = (termsOf(estimator, baseline) as Worked).values;
  }
  return conclude(name, { values, weights }, rounds.cluster, over, limits);
}

interface Worked extends RowTerms {
  readonly name: string;
  readonly raw: Float64Array;
  readonly modelBacked: boolean;
}

/** The estimator's terms, or why there are none. */
function termsOf(estimator: TopSlotEstimator, rounds: LoggedRounds): Worked | string {
  checkLengths(rounds);
  const problem = propensityProblem(rounds.pscore, rounds.evaluation);
  if (problem !== undefined) return problem;
  const raw = importanceWeights(rounds);
  const name = topSlotName(estimator);
  const plain = (terms: RowTerms): Worked => ({ ...terms, name, raw, modelBacked: false });
  const { model } = rounds;
  const modelled = (terms: (rounds: ModelledRounds) => RowTerms, called = name): Worked | string =>
    model === undefined
      ? 'it needs a reward model’s predictions, and none were given'
      : { ...terms({ ...rounds, model }), name: called, raw, modelBacked: true };
  switch (estimator.kind) {
    case 'ips':
      return plain(ips(rounds, raw));
    case 'clipped-ips':
      return plain(ips(rounds, raw, estimator.limit));
    case 'snips':
      return plain(snips(rounds, raw));
    case 'dm':
      return modelled((asked) => directMethod(asked, raw));
    case 'dr':
      return modelled((asked) => doublyRobust(asked, raw));
    case 'sndr':
      return modelled((asked) => selfNormalisedDr(asked, raw));
    case 'switch-dr':
      return modelled((asked) => changedWeights(asked, raw, switched(raw, estimator.threshold)));
    case 'dr-os': {
      if (model === undefined) return modelled(() => plain(ips(rounds, raw)));
      const lambda =
        estimator.lambda === 'tuned' ? tuneShrinkage({ ...rounds, model }, raw) : estimator.lambda;
      return modelled(
        (asked) => changedWeights(asked, raw, shrunk(raw, lambda)),
        `dr-os(λ=${short(lambda)}${estimator.lambda === 'tuned' ? ', tuned' : ''})`,
      );
    }
    default:
      return estimator satisfies never;
  }
}

/** For people: `switch-dr(τ=10)`. */
function topSlotName(estimator: TopSlotEstimator): string {
  switch (estimator.kind) {
    case 'clipped-ips':
      return `clipped-ips(${short(estimator.limit)})`;
    case 'switch-dr':
      return `switch-dr(τ=${short(estimator.threshold)})`;
    case 'dr-os':
      return `dr-os(λ=${estimator.lambda === 'tuned' ? 'tuned' : short(estimator.lambda)})`;
    case 'ips':
    case 'snips':
    case 'dm':
    case 'dr':
    case 'sndr':
      return estimator.kind;
    default:
      return estimator satisfies never;
  }
}

const short = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '∞' : String(Number(value.toPrecision(3)));
