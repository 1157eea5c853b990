import {
  drWithWeights,
  directMethod,
  doublyRobust,
  selfNormalisedDr,
  shrinkWeights,
  switchWeights,
  type ModelledRounds,
} from './doubly-robust.ts';
import {
  isLoggingPolicy,
  propensityProblem,
  SUPPORT_LIMITS,
  type SupportLimits,
} from './support.ts';
import { ips, snips, type RowTerms } from './ips.ts';
import {
  estimateFromTerms,
  type EstimatorBaseline,
  type OffPolicyEstimate,
} from './off-policy-estimate.ts';
import { checkLengths, importanceWeights, type LoggedRounds } from './rounds.ts';
import { tuneShrinkage } from './tune-shrinkage.ts';

/** Estimators of the reward per row, for one logged action each. */
export type TopSlotEstimator =
  | { readonly kind: 'ips' }
  | { readonly kind: 'clipped-ips'; readonly limit: number }
  | { readonly kind: 'snips' }
  | { readonly kind: 'dm' }
  | { readonly kind: 'dr' }
  | { readonly kind: 'sndr' }
  | { readonly kind: 'switch-dr'; readonly threshold: number }
  /** `tuned`: the λ with the smallest upper bound of the mean squared error. */
  | { readonly kind: 'dr-os'; readonly lambda: number | 'tuned' };

export interface TopSlotOptions {
  readonly limits?: SupportLimits;
  /**
   * The same rows with another policy's probabilities. The gain is relative to its estimate, or without it to the
   * logged reward.
   */
  readonly baseline?: LoggedRounds;
}

/** The estimate with its gain, or a refusal. @throws ApiError where arrays have inconsistent lengths. */
export function estimateTopSlot(
  estimator: TopSlotEstimator,
  rounds: LoggedRounds,
  { limits = SUPPORT_LIMITS, baseline }: TopSlotOptions = {},
): OffPolicyEstimate {
  const terms = termsOf(estimator, rounds);
  if (typeof terms === 'string')
    return { kind: 'refused', estimator: topSlotName(estimator), reason: terms };
  const { name, raw, used, modelBacked } = terms;
  const weights = [{ about: '', raw, used, reward: rounds.reward, modelBacked }];
  let over: EstimatorBaseline = { values: rounds.reward };
  if (baseline !== undefined) {
    const alone = estimateTopSlot(estimator, baseline, { limits });
    if (alone.kind === 'refused') return { ...alone, reason: `baseline: ${alone.reason}` };
    over = termsOf(estimator, baseline) as NamedTerms;
  }
  const { reward, cluster, pscore, evaluation } = rounds;
  const asked = {
    ...terms,
    reward,
    weights,
    isLoggingPolicy: isLoggingPolicy(pscore, evaluation),
  };
  return estimateFromTerms(name, asked, cluster, over, limits);
}

interface NamedTerms extends RowTerms {
  readonly name: string;
  readonly raw: Float64Array;
  readonly modelBacked: boolean;
}

/** The estimator's terms, or why there are none. */
function termsOf(estimator: TopSlotEstimator, rounds: LoggedRounds): NamedTerms | string {
  checkLengths(rounds);
  const problem = propensityProblem(rounds.pscore, rounds.evaluation);
  if (problem !== undefined) return problem;
  const raw = importanceWeights(rounds);
  const name = topSlotName(estimator);
  const plain = (terms: RowTerms): NamedTerms => ({ ...terms, name, raw, modelBacked: false });
  const { model } = rounds;
  const modelled = (
    terms: (rounds: ModelledRounds) => RowTerms,
    called = name,
  ): NamedTerms | string =>
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
      return modelled((withModel) => directMethod(withModel, raw));
    case 'dr':
      return modelled((withModel) => doublyRobust(withModel, raw));
    case 'sndr':
      return modelled((withModel) => selfNormalisedDr(withModel, raw));
    case 'switch-dr':
      return modelled((withModel) =>
        drWithWeights(withModel, raw, switchWeights(raw, estimator.threshold)),
      );
    case 'dr-os': {
      if (model === undefined) return modelled(() => plain(ips(rounds, raw)));
      const lambda =
        estimator.lambda === 'tuned' ? tuneShrinkage({ ...rounds, model }, raw) : estimator.lambda;
      return modelled(
        (withModel) => drWithWeights(withModel, raw, shrinkWeights(raw, lambda)),
        `dr-os(λ=${short(lambda)}${estimator.lambda === 'tuned' ? ', tuned' : ''})`,
      );
    }
    default:
      return estimator satisfies never;
  }
}

/** The estimator's name with its parameter, such as `switch-dr(τ=10)`. */
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
