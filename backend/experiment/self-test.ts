import type { MetricDefinition } from '../../shared/domain/metric.ts';
import type { NewExperiment } from './new-experiment.ts';

/**
 * The test of the metric weights themselves: one arm is trained daily on what the schema declares as reward, the other on
 * the metric weights as they are learned, and both are read on the long-term value.
 * @param target outcomes that are the long-term value: `renewal`.
 */
export const selfTest = (
  target: string,
): Required<Pick<NewExperiment, 'arms' | 'metrics'>> & {
  readonly metrics: MetricDefinition[];
} => ({
  arms: [
    { name: 'fixed', weight: 50, reward: 'fixed' },
    { name: 'adaptive', weight: 50, reward: 'adaptive' },
  ],
  metrics: [
    {
      name: `outcome.${target}`,
      kind: 'mean',
      numerator: `outcome.${target}`,
      better: 'higher',
    },
  ],
});
