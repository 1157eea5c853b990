import { MINIMUM_PER_ARM, notEnoughData } from '../science/statistics/unavailable.ts';
import { interleaving, type InterleavingStatistic } from '../science/experiment/interleaving.ts';
import type { Effect } from '../science/statistics/effect.ts';
import { sequentialTest } from '../science/statistics/sequential-test.ts';
import type { Experiment } from '../experiments/new-experiment.ts';
import { canaryReadings, type CanaryStratum, effectIn } from './canary-readings.ts';
import type { GuardrailReading } from './rollout-evidence.ts';
import { type GainEvidence, type GainReading, NO_PREFERENCE } from './gain.ts';

/** Addable statistics of what visitors did, from which all readings are made. */
export interface RolloutStatistics {
  /** The sessions of every step of the canary. */
  readonly strata: readonly CanaryStratum[];
  /** The challenger is the treatment. */
  readonly interleaved?: InterleavingStatistic;
}

export interface ReadingOptions {
  /** Error rate of all guardrails together; each of the two readings of the gain has half of it. */
  readonly alpha: number;
  /** The smallest gain of interest, relative. */
  readonly minGain: number;
  /** Metric of the experiment. */
  readonly decides: string;
  readonly combine: (effects: readonly Effect[]) => Effect;
}

/** Everything that a decision reads from what visitors did: guardrails, and the gain by canary and by interleaving. */
export function rolloutReadings(
  experiment: Pick<Experiment, 'guardrails' | 'metrics' | 'minimumPerArm'>,
  { strata, interleaved }: RolloutStatistics,
  { alpha, minGain, decides, combine }: ReadingOptions,
): { readonly guardrails: GuardrailReading[]; readonly gain: GainEvidence } {
  const each = alpha / 2;
  const canary = gainByCanary(experiment, strata, { alpha: each, minGain, decides, combine });
  return {
    guardrails: strata.length === 0 ? [] : canaryReadings(experiment, strata, alpha, combine),
    gain: {
      alpha: each,
      noWorseAlpha: alpha / experiment.guardrails.length,
      ...(canary && { canary }),
      ...(interleaved && {
        interleaving: gainByInterleaving(interleaved, each, experiment.minimumPerArm),
      }),
    },
  };
}

/** @returns undefined where no step showed the challenger alone. */
function gainByCanary(
  { metrics, minimumPerArm }: Pick<Experiment, 'metrics' | 'minimumPerArm'>,
  strata: readonly CanaryStratum[],
  { alpha, minGain, decides, combine }: ReadingOptions,
): GainReading | undefined {
  const metric = metrics.find(({ name }) => name === decides);
  if (strata.length === 0) return undefined;
  if (metric === undefined) return { missing: `the rollout does not measure ${decides}` };
  const sign = metric.better === 'higher' ? 1 : -1;
  /** Each bound has its standard error under the truth that it is to rule out. */
  const under = (gain: number) => {
    const effects = strata
      .map(({ statistics }) =>
        effectIn(statistics, metric, { minimumPerArm, hypothesis: sign * gain }),
      )
      .filter((effect) => effect.kind === 'effect');
    if (effects.length === 0) return undefined;
    const effect = combine(effects);
    return { ...effect, ...sequentialTest(effect, { alpha }) };
  };
  const [none, some] = [under(0), under(minGain)];
  if (none === undefined || some === undefined)
    return { missing: notEnoughData(0, minimumPerArm).message };
  const { estimate, standardError, n } = none;
  return {
    estimate: sign * estimate,
    standardError,
    n,
    low: sign > 0 ? none.low : -none.high,
    high: sign > 0 ? some.high : -some.low,
  };
}

/** The preference among the sessions that prefer one: ties widen no bound and move no estimate from ½. */
function gainByInterleaving(
  statistic: InterleavingStatistic,
  alpha: number,
  minimum = MINIMUM_PER_ARM,
): GainReading {
  const found = interleaving(statistic, { alpha, minimum });
  if (found.kind === 'no-answer') return { missing: found.message };
  const { sessions, wins } = statistic;
  const share = sessions / (wins.control + wins.treatment);
  const among = (preference: number) => NO_PREFERENCE + share * preference;
  const { low, high } = found.sequential;
  return {
    estimate: among(found.preference),
    standardError: share * found.standardError,
    n: sessions,
    low: Math.max(0, among(low)),
    high: Math.min(1, among(high)),
  };
}
