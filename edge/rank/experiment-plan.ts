import type { Pointer } from '../../shared/domain/pointer.ts';
import type { Visitor } from '../../shared/explore/assign.ts';
import { resolve, type Resolved, type Served } from '../../shared/explore/resolve.ts';
import type { ExplorationSpec } from '../../shared/domain/exploration.ts';
import type { LoadedWeights } from './adopt-weights.ts';
import { weightsFor } from './held-out.ts';
import type { ExperimentState } from './experiment-state.ts';
import type { RunnableExperiments } from './runnable-experiments.ts';
import type { CachedWeights } from './cached-weights.ts';
import { layersAt } from '../../shared/domain/pointer-at.ts';

/** The weights and the exploration that a slate is drawn with. */
export interface ServingConfig {
  readonly weights: LoadedWeights;
  /** Absent: the exploration of the scorer itself; of an interleaved slate, of each arm's own. */
  readonly exploration?: ExplorationSpec;
  /** Only for an interleaved slate: the weights of its second arm; `weights` are those of the first. */
  readonly secondWeights?: LoadedWeights;
}

/** Which experiments a visitor takes part in, and what each of their arms is served with. */
export interface ExperimentPlan {
  readonly resolved: Resolved;
  /** Reduced to the experiments that can run for this request. */
  readonly pointer: Pointer;
  readonly experiments: ExperimentState;
  readonly configOf: (served: Served) => ServingConfig;
}

/** @returns undefined while experiments pause: on hold, and while it is not confirmed which weights are live. */
export function experimentPlanOf(
  { experiments, problem, ...champion }: CachedWeights,
  visitor: Visitor,
  source: keyof RunnableExperiments,
  placement: string,
): ExperimentPlan | undefined {
  if (experiments === undefined || problem !== undefined) return undefined;
  const runnable = experiments.runnable[source];
  const layers = runnable.layers && layersAt(runnable.layers, placement);
  const pointer = layers === runnable.layers ? runnable : { ...runnable, layers };
  const weightsOf = (key: string | undefined) =>
    weightsFor(key === undefined ? champion : experiments.arms.get(key)!, visitor);
  const configOf = ({ arm, exploration, interleaved }: Served): ServingConfig => {
    if (interleaved === undefined) return { weights: weightsOf(arm), exploration };
    const [first, second] = interleaved.arms;
    return { weights: weightsOf(first.key), secondWeights: weightsOf(second.key) };
  };
  return { resolved: resolve(pointer, visitor), pointer, experiments, configOf };
}
