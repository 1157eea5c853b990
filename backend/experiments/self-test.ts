import { invalid } from '../../shared/domain/errors.ts';
import type { MetricDefinition } from '../../shared/domain/metric.ts';
import type { TargetDefinition } from '../science/metric-weighting/target-definition.ts';
import type { NewExperiment } from './new-experiment.ts';

/**
 * An experiment on the metric weights themselves: one arm is trained daily on the reward that the schema declares, the
 * other on the learned metric weights, and they are compared on the long-term value.
 * @param outcome that is the long-term value: `renewal`. @param kind how a unit's outcomes are read.
 */
const selfTest = (
  outcome: string,
  kind: 'proportion' | 'mean' = 'mean',
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
    },
  ],
});

/**
 * The self-test on an outcome, or (`true`) on the target that metric weights are learned for.
 * @throws ApiError 400 where none is declared.
 */
export function selfTestOf(asked: string | true, declared: TargetDefinition | undefined) {
  if (asked !== true) return selfTest(asked);
  if (declared === undefined)
    throw invalid(
      'a self-test needs a long-term value: name an outcome, as "renewal", or declare metricWeights.target in trimtab.config.ts',
    );
  return selfTest(declared.outcome, declared.kind === 'happened' ? 'proportion' : 'mean');
}
