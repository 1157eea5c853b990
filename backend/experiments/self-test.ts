import { invalidAt } from '../../shared/domain/errors.ts';
import type { MetricDefinition } from '../../shared/domain/metric.ts';
import type { TargetDefinition } from '../science/metric-weighting/target-definition.ts';
import type { NewExperiment } from './new-experiment.ts';

/**
 * An experiment on the metric weights themselves: one arm is trained daily on the reward that the schema declares, the
 * other on the learned metric weights, and they are compared on the long-term value.
 * @param outcome that is the long-term value: `renewal`. @param kind how a unit's outcomes are read.
 * @param horizonDays after which a unit's value is known; without it all that has come so far is read.
 */
const selfTest = (
  outcome: string,
  kind: 'proportion' | 'mean' = 'mean',
  horizonDays?: number,
): Required<Pick<NewExperiment, 'arms' | 'metrics'>> & {
  readonly metrics: MetricDefinition[];
} => ({
  arms: [
    { name: 'fixed', weight: 50, reward: 'fixed' },
    { name: 'adaptive', weight: 50, reward: 'adaptive' },
  ],
  metrics: [
    {
      name: `outcome.${outcome}`,
      kind,
      numerator: `outcome.${outcome}`,
      better: 'higher',
      ...(horizonDays !== undefined && { horizonDays }),
    },
  ],
});

/**
 * The self-test on an outcome, or (`true`) on the target that metric weights are learned for; an outcome that is the
 * target's is read as the target is.
 * @throws ApiError 400 where none is declared.
 */
export function selfTestOf(asked: string | true, declared: TargetDefinition | undefined) {
  if (asked !== true && asked !== declared?.outcome) return selfTest(asked);
  if (declared === undefined)
    throw invalidAt(
      'selfTest',
      'a self-test needs a long-term value: name an outcome, as "renewal", or declare metricWeights.target in trimtab.config.ts',
    );
  const { outcome, kind, horizonDays } = declared;
  return selfTest(outcome, kind === 'happened' ? 'proportion' : 'mean', horizonDays);
}
