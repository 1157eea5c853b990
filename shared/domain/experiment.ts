import type { AssignedArm, AssignedExperiment, Layer } from './layer.ts';
import type { ExplorationSpec } from './exploration.ts';
import type { Version } from './ids.ts';

/** An arm as the edge serves it. Its version, if it has one of its own, is `pointer.arms[armKey(…)]`. */
export interface ServedArm extends AssignedArm {
  /** Absent: the exploration of the scorer itself. */
  readonly exploration?: ExplorationSpec;
}

export interface ServedExperiment extends AssignedExperiment {
  readonly arms: readonly ServedArm[];
  /**
   * `split`: each unit sees the slates of its arm. `interleaved`: every unit sees slates that are interleaved from
   * both of the two arms, which needs less traffic to find a winner.
   */
  readonly design: 'split' | 'interleaved';
  /**
   * When a ranking counts as exposed. `ranked`: whenever it was served by the experiment. `slate differs`: only when
   * the arms would have shown different slates from the same seed; where they are interleaved, put different items on any slot.
   */
  readonly trigger: 'ranked' | 'slate differs';
  /** The placements whose rankings it is of, at least one; absent: all of its lineage. */
  readonly placements?: readonly string[];
}

/** A layer as the pointer carries it. */
export interface ServedLayer extends Layer {
  readonly name: string;
  readonly experiments: readonly ServedExperiment[];
}

/** An arm as the backend stores it. */
export interface ExperimentArm extends ServedArm {
  /** An arm that names no version gets the champion's at the start, so that a later promotion does not change it. */
  readonly version?: Version;
  /**
   * The reward that the arm's version is trained on daily: `adaptive` = learned metric weights, `fixed` = those of
   * the schema.
   */
  readonly reward?: 'adaptive' | 'fixed';
}

/** A guardrail: a metric that must not get worse by more than its margin. */
export interface GuardrailSpec {
  readonly metric: string;
  /** Largest acceptable relative deterioration, 0 or more: 0.01 is 1 %. */
  readonly margin: number;
}

/** An arm that a ranking was exposed to. */
export interface Exposure {
  readonly experiment: string;
  readonly arm: string;
}

/** The key of an arm in `pointer.arms`, also part of the name of its LiveWeights object. */
export const armKey = (experiment: string, arm: string): string => `${experiment}:${arm}`;

/** For example `exp_1:treatment exp_7:b`. Experiment ids and arm names contain neither spaces nor colons. */
export const exposuresToText = (exposures: readonly Exposure[]): string =>
  exposures.map(({ experiment, arm }) => armKey(experiment, arm)).join(' ');

export const exposuresFromText = (text: string): Exposure[] =>
  text
    .split(' ')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const colon = entry.lastIndexOf(':');
      return { experiment: entry.slice(0, Math.max(colon, 0)), arm: entry.slice(colon + 1) };
    });
