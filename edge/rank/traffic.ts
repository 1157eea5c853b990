import { armKey } from '../../shared/domain/experiment.ts';
import type { Version } from '../../shared/domain/ids.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import type { Env, Settings } from '../env.ts';
import { timely, type LoadedWeights } from './adopt-weights.ts';
import { armInMemory, armWeights } from './arm-weights.ts';
import { readScorer } from './read-scorer.ts';
import { isRunning, runningHere, type Running } from './running-here.ts';

/** What experiments and shadow need beside the champion, all in memory. */
export interface Traffic {
  /** Arm key → weights. */
  readonly arms: ReadonlyMap<string, LoadedWeights>;
  readonly running: Running;
  readonly shadow?: Scorer;
  /** Why an experiment that should run does not. */
  readonly problems: readonly string[];
}

export interface TrafficAsk {
  readonly env: Env;
  readonly settings: Settings;
  readonly cell: string;
  readonly previous: Traffic | undefined;
}

/** What of it is in memory already: an arm's weights of before, or the champion's own. */
export function trafficAtHand(
  previous: Traffic | undefined,
  champion: LoadedWeights,
  pointer: Pointer,
): Traffic {
  const arms = new Map(
    armsOf(pointer).flatMap(([key, version]) => {
      const weights = armInMemory(previous?.arms.get(key), version, champion);
      return weights === undefined ? [] : [[key, weights] as const];
    }),
  );
  const shadow = previous?.shadow?.version === pointer.shadow?.version && previous?.shadow;
  const running = runningHere(pointer, champion, arms);
  return { arms, running, ...(shadow && { shadow }), problems: previous?.problems ?? [] };
}

export async function loadTraffic(
  ask: TrafficAsk,
  champion: LoadedWeights,
  pointer: Pointer,
): Promise<Traffic> {
  const problems: string[] = [];
  const arms = new Map<string, LoadedWeights>();
  const armsAsked = armsOf(pointer).map(async ([key, version]) => {
    try {
      arms.set(key, await armWeights(ask, key, version, champion));
    } catch (error) {
      problems.push(`arm ${key} cannot be served: ${messageOf(error)}`);
    }
  });
  const [shadow] = await Promise.all([
    shadowScorer(ask, pointer.shadow?.version, problems),
    ...armsAsked,
  ]);
  const running = runningHere(pointer, champion, arms);
  return { arms, running, ...(shadow && { shadow }), problems };
}

/** Key and version of each arm that has a version of its own, of what runs. */
const armsOf = ({ layers = [], arms = {} }: Pointer): [key: string, version: Version][] =>
  layers
    .flatMap(({ experiments }) => experiments.filter(isRunning))
    .flatMap(({ id, arms: own }) => own.map(({ name }) => armKey(id, name)))
    .filter((key) => arms[key] !== undefined)
    .map((key) => [key, arms[key]]);

async function shadowScorer(
  { env, settings, previous }: TrafficAsk,
  version: Version | undefined,
  problems: string[],
): Promise<Scorer | undefined> {
  if (version === undefined) return undefined;
  if (previous?.shadow?.version === version) return previous.shadow;
  try {
    return (await timely(readScorer(env.WEIGHTS, version, settings.kvCacheTtlS))).scorer;
  } catch (error) {
    problems.push(`shadow ${version} cannot be scored: ${messageOf(error)}`);
    return undefined;
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
