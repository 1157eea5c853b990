import { armKey } from '../../shared/domain/experiment.ts';
import type { Version } from '../../shared/domain/ids.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import { readScorer } from '../artifacts/read-scorer.ts';
import { withSourceTimeout } from '../platform/timeout.ts';
import type { LoadedWeights } from './adopt-weights.ts';
import { armInMemory, armWeights, type ArmSources } from './arm-weights.ts';
import {
  isRunning,
  runnableExperiments,
  type RunnableExperiments,
} from './runnable-experiments.ts';

/** What experiments and shadow scoring need in memory in addition to the champion's weights. */
export interface ExperimentState {
  /** Weights by arm key. */
  readonly arms: ReadonlyMap<string, LoadedWeights>;
  readonly runnable: RunnableExperiments;
  /** The scorer of the version in shadow. */
  readonly shadow?: Scorer;
  /** Why some experiments that should run do not. */
  readonly problems: readonly string[];
}

interface ExperimentSources extends ArmSources {
  readonly previous: ExperimentState | undefined;
}

/** The part that needs no I/O: arms and shadow whose weights are in memory already. */
export function experimentStateInMemory(
  previous: ExperimentState | undefined,
  champion: LoadedWeights,
  pointer: Pointer,
): ExperimentState {
  const arms = new Map(
    runningArmsOf(pointer).flatMap(([key, version]) => {
      const weights = armInMemory(previous?.arms.get(key), version, champion);
      return weights === undefined ? [] : [[key, weights] as const];
    }),
  );
  const shadow = previous?.shadow?.version === pointer.shadow?.version && previous?.shadow;
  const runnable = runnableExperiments(pointer, champion, arms);
  return { arms, runnable, ...(shadow && { shadow }), problems: previous?.problems ?? [] };
}

/** Loads the weights of all running arms and of the version in shadow. Never rejects: failures become `problems`. */
export async function loadExperimentState(
  sources: ExperimentSources,
  champion: LoadedWeights,
  pointer: Pointer,
): Promise<ExperimentState> {
  const problems: string[] = [];
  const arms = new Map<string, LoadedWeights>();
  const armLoads = runningArmsOf(pointer).map(async ([key, version]) => {
    try {
      arms.set(key, await armWeights(sources, key, version, champion));
    } catch (error) {
      problems.push(`arm ${key} cannot be served: ${messageOf(error)}`);
    }
  });
  const [shadow] = await Promise.all([
    shadowScorer(sources, pointer.shadow?.version, problems),
    ...armLoads,
  ]);
  const runnable = runnableExperiments(pointer, champion, arms);
  return { arms, runnable, ...(shadow && { shadow }), problems };
}

/** Key and version of each arm of a running experiment that has a version of its own. */
const runningArmsOf = ({ layers = [], arms = {} }: Pointer): [key: string, version: Version][] =>
  layers
    .flatMap(({ experiments }) => experiments.filter(isRunning))
    .flatMap(({ id, arms: own }) => own.map(({ name }) => armKey(id, name)))
    .filter((key) => arms[key] !== undefined)
    .map((key) => [key, arms[key]]);

async function shadowScorer(
  { env, settings, previous }: ExperimentSources,
  version: Version | undefined,
  problems: string[],
): Promise<Scorer | undefined> {
  if (version === undefined) return undefined;
  if (previous?.shadow?.version === version) return previous.shadow;
  try {
    const stored = readScorer(env.WEIGHTS, version, settings.kvCacheTtlS);
    return (await withSourceTimeout(stored)).scorer;
  } catch (error) {
    problems.push(`shadow ${version} cannot be scored: ${messageOf(error)}`);
    return undefined;
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
