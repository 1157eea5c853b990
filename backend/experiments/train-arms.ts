import type { ExperimentArm } from '../../shared/domain/experiment.ts';
import { RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import type { RewardPolicy } from '../reward/in-force.ts';
import type { Store } from '../store/open.ts';
import { runningExperiments } from './read-experiments.ts';
import type { Experiments } from './experiments.ts';
import type { Experiment } from './new-experiment.ts';

export interface ArmTraining {
  readonly parent: Version;
  readonly name: string;
  readonly rewardPolicy: RewardPolicy;
  readonly experiment: string;
  /** The placement whose rankings it learns from; null: those of the default lineage. */
  readonly lineage: string | null;
}

export interface TrainArmsDeps {
  readonly store: Store;
  readonly experiments: Pick<Experiments, 'moveArm'>;
  /** Trains a version that is stored and not promoted; waits for its turn, and until it is over. @throws where it fails. */
  readonly train: (asked: ArmTraining) => Promise<Version>;
  readonly log: (message: string) => void;
}

/**
 * Trains every arm of a running experiment that has a reward policy, on the log of all arms, and lets it serve the new
 * version: arms of one experiment differ only in the reward. An arm whose training fails keeps its version.
 * @returns how many arms moved.
 */
export async function trainArms(deps: TrainArmsDeps): Promise<number> {
  const { store, log } = deps;
  let moved = 0;
  for (const experiment of await runningExperiments(store)) {
    for (const arm of experiment.arms) {
      if (arm.reward === undefined) continue;
      try {
        await trainArm(deps, experiment, arm, arm.reward);
        moved++;
      } catch (error) {
        log(`experiment ${experiment.id}: arm ${arm.name} was not trained: ${messageOf(error)}`);
      }
    }
  }
  return moved;
}

async function trainArm(
  { experiments: moves, train }: TrainArmsDeps,
  { id, name, lineage }: Experiment,
  arm: ExperimentArm,
  rewardPolicy: RewardPolicy,
): Promise<void> {
  const version = await train({
    parent: arm.version ?? RULES_VERSION,
    name: `${name}: ${arm.name}`,
    rewardPolicy,
    experiment: id,
    lineage,
  });
  await moves.moveArm(id, arm.name, version, 'backend');
}
