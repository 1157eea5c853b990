import { invalid } from '../../shared/domain/errors.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { MINIMUM_PER_ARM } from '../science/statistics/unavailable.ts';
import {
  planSampleSize,
  sampleSizeOfProportions,
  sampleSizeReadDaily,
} from '../science/statistics/power.ts';
import type { Moments } from '../science/statistics/statistic-kind.ts';
import { meanStatisticFromMoments, type Statistic } from '../science/statistics/statistics.ts';

/** A metric per unit, as measured before the experiment. */
export type Baseline =
  | { readonly kind: 'proportion'; readonly rate: number }
  | ({ readonly kind: 'mean' } & Moments)
  | {
      readonly kind: 'ratio';
      readonly numerator: Moments;
      readonly denominator: Moments;
      /** Of a unit's numerator and denominator. */
      readonly covariance: number;
    };

export interface SizeAsked {
  readonly baseline: Baseline;
  /** The smallest effect worth finding, above 0. */
  readonly mde: number;
  /** Whether `mde` is a share of the baseline (0.02: 2 %) or in the metric's own unit. */
  readonly relative: boolean;
  readonly alpha: number;
  readonly power: number;
  /** The control included. Each other one is compared with it, at alpha over their number (Bonferroni). */
  readonly arms: number;
  /** Units that come to the experiment in a day. */
  readonly perDay?: number;
}

export interface Size {
  /** Units that each of the equal arms needs for the reports' always-valid intervals, whole. */
  readonly perArm: number;
  readonly total: number;
  /** Units per arm that would do for one look at a time fixed beforehand. */
  readonly oneLook: number;
  /** In the metric's own unit. */
  readonly effect: number;
  /** With fewer units per arm there is no verdict, whatever the power. */
  readonly minimumPerArm: number;
  readonly days?: number;
}

/** Units for a two-sided reading, always valid. @throws ApiError 400 where nothing can be planned, with the reason. */
export function sampleSize(asked: SizeAsked): Size {
  const { baseline, mde, relative, power, arms, perDay } = asked;
  const alpha = asked.alpha / (arms - 1);
  try {
    const [needed, effect] =
      baseline.kind === 'proportion'
        ? ofProportion(baseline.rate, relative ? baseline.rate * mde : mde, alpha, power)
        : ofMeans(
            statisticOf(baseline),
            relative ? { relative: mde } : { absolute: mde },
            alpha,
            power,
          );
    const perArm = Math.ceil(sampleSizeReadDaily(needed, { alpha, power }));
    const total = perArm * arms;
    if (!Number.isSafeInteger(total))
      throw new Error('no number of units finds an effect that small: ask for a larger one');
    const during = Math.max(perArm, MINIMUM_PER_ARM) * arms;
    return {
      perArm,
      total,
      oneLook: Math.ceil(needed),
      effect,
      minimumPerArm: MINIMUM_PER_ARM,
      ...(perDay !== undefined && { days: Math.ceil(during / perDay) }),
    };
  } catch (error) {
    throw invalid(messageOf(error));
  }
}

const ofProportion = (rate: number, effect: number, alpha: number, power: number) =>
  [sampleSizeOfProportions(rate, effect, { alpha, power }), effect] as const;

function ofMeans(
  past: Statistic,
  effect: { readonly relative: number } | { readonly absolute: number },
  alpha: number,
  power: number,
) {
  const plan = planSampleSize(past, effect, { alpha, power });
  if (plan.kind === 'no-answer') throw new Error(plan.message);
  return [plan.control, plan.effect] as const;
}

/** A sample of two units with these moments, which is all that a plan needs. */
function statisticOf(baseline: Exclude<Baseline, { kind: 'proportion' }>): Statistic {
  const sample = ({ mean, variance }: Moments) => meanStatisticFromMoments(mean, variance, 2);
  if (baseline.kind === 'mean') return sample(baseline);
  const [numerator, denominator] = [sample(baseline.numerator), sample(baseline.denominator)];
  const sumProducts = baseline.covariance + (numerator.sum * denominator.sum) / 2;
  return { kind: 'ratio', numerator, denominator, sumProducts };
}
