import type { Pointer } from '../../shared/domain/pointer.ts';
import type { Visitor } from '../../shared/explore/assign.ts';
import { resolve, type Resolved, type Served } from '../../shared/explore/resolve.ts';
import type { ExplorationSpec } from '../../shared/features/schema.ts';
import type { LoadedWeights } from './adopt-weights.ts';
import type { WeightsState } from './live-weights.ts';
import type { Running } from './running-here.ts';
import type { Traffic } from './traffic.ts';

/** By which weights a slate is drawn, and how. */
export interface Serving {
  readonly weights: LoadedWeights;
  /** In place of the scorer's own. */
  readonly exploration?: ExplorationSpec;
  /** The second team's of an interleaved slate; `weights` are then the first's. */
  readonly rival?: LoadedWeights;
}

/** What experiments say of a visitor. */
export interface Plan {
  readonly resolved: Resolved;
  /** With the experiments that can run for this request. */
  readonly pointer: Pointer;
  readonly traffic: Traffic;
  readonly servingOf: (served: Served) => Serving;
}

/** @returns undefined where experiments pause: on hold, or while it is not known for sure what is live. */
export function planOf(
  { traffic, problem, ...champion }: WeightsState,
  visitor: Visitor,
  over: keyof Running,
): Plan | undefined {
  if (traffic === undefined || problem !== undefined) return undefined;
  const pointer = traffic.running[over];
  const weightsOf = (key: string | undefined) =>
    key === undefined ? champion : traffic.arms.get(key)!;
  const servingOf = ({ arm, exploration, interleaved }: Served): Serving => {
    if (interleaved === undefined) return { weights: weightsOf(arm), exploration };
    const [first, second] = interleaved.arms;
    return { weights: weightsOf(first.key), rival: weightsOf(second.key) };
  };
  return { resolved: resolve(pointer, visitor), pointer, traffic, servingOf };
}
