import type { AssignedArm, AssignedExperiment, Layer } from '../explore/assign.ts';
import type { ExplorationSpec } from '../features/schema.ts';
import type { Version } from './ids.ts';

/** What the edge serves to an arm. Its version, if it has one of its own, is `pointer.arms[armKey(…)]`. */
export interface ServedArm extends AssignedArm {
  /** In place of the scorer's own. */
  readonly exploration?: ExplorationSpec;
}

export interface ServedExperiment extends AssignedExperiment {
  readonly arms: readonly ServedArm[];
  /** `interleaved`: everybody in it sees one slate drafted from both arms' (two arms, at low traffic). */
  readonly design: 'split' | 'interleaved';
  /**
   * When a ranking counts as exposed: `ranked`, whenever an arm decided what served it; `slate differs`, only where the
   * arms would have shown different slates from the same seed.
   */
  readonly trigger: 'ranked' | 'slate differs';
}

/** A layer as the pointer carries it. */
export interface ServedLayer extends Layer {
  readonly name: string;
  readonly experiments: readonly ServedExperiment[];
}

/** What the backend knows of an arm beyond what the edge serves. */
export interface ExperimentArm extends ServedArm {
  /** Frozen at the start for arms that name none, so that a promotion in between changes no arm. */
  readonly version?: Version;
  /** What the arm's version is trained on daily: metric weights as learned, or as declared in the schema. */
  readonly reward?: 'adaptive' | 'fixed';
}

/** A metric that must not get worse than by its margin. */
export interface GuardrailSpec {
  readonly metric: string;
  /** Bearable harm, 0 or more: relative, 0.01 is 1 %. */
  readonly margin: number;
}

export interface Exposure {
  readonly experiment: string;
  readonly arm: string;
}

/** Names an arm's version in the pointer, and its LiveWeights object. */
export const armKey = (experiment: string, arm: string): string => `${experiment}:${arm}`;

/** `exp_1:treatment exp_7:b`: ids and arm names hold neither spaces nor colons. */
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
