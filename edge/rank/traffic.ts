import { armKey, type ServedExperiment } from '../../shared/domain/experiment.ts';
import type { Version } from '../../shared/domain/ids.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import type { Env, Settings } from '../env.ts';
import { adoptWeights, timely, type LoadedWeights } from './adopt-weights.ts';
import { readScorer } from './read-scorer.ts';

/** What experiments and shadow need beside the champion, all in memory: no ranking waits for an arm. */
export interface Traffic {
  /** Arm key → weights. */
  readonly arms: ReadonlyMap<string, LoadedWeights>;
  /**
   * The pointer with only the experiments that can run here. One runs when all its arms are at hand, for everybody in it
   * or for nobody: were only those exposed whose own arm is at hand, the arms would lose different visitors.
   */
  readonly running: Readonly<Record<'catalogue' | 'candidates', Pointer>>;
  readonly shadow?: Scorer;
  /** Why an experiment that should run does not. */
  readonly problems: readonly string[];
}

interface Ask {
  readonly env: Env;
  readonly settings: Settings;
  readonly cell: string;
  readonly previous: Traffic | undefined;
}

export async function loadTraffic(
  ask: Ask,
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
  const scorersOf = ({ id, arms: own }: ServedExperiment) =>
    own.map(({ name }) => {
      const key = armKey(id, name);
      return pointer.arms?.[key] === undefined ? champion.scorer : arms.get(key)?.scorer;
    });
  const running = {
    catalogue: only(pointer, (one) => scorersOf(one).every(hasSchema(champion.scorer))),
    candidates: only(pointer, (one) => {
      const [first, ...others] = scorersOf(one);
      // A candidate list is packed for one schema: slates of two could not be drafted from it, nor compared.
      return isOneSlate(one)
        ? [first, ...others].every(hasSchema(first))
        : !scorersOf(one).includes(undefined);
    }),
  };
  return { arms, running, ...(shadow && { shadow }), problems };
}

const isRunning = ({ status }: ServedExperiment) => status === 'running';

const isOneSlate = ({ design, trigger }: ServedExperiment) =>
  design === 'interleaved' || trigger === 'slate differs';

const hasSchema = (as: Scorer | undefined) => (scorer: Scorer | undefined) =>
  scorer !== undefined && scorer.schema.hash === as?.schema.hash;

/** Key and version of each arm that has a version of its own, of what runs. */
const armsOf = ({ layers = [], arms = {} }: Pointer): [key: string, version: Version][] =>
  layers
    .flatMap(({ experiments }) => experiments.filter(isRunning))
    .flatMap(({ id, arms: own }) => own.map(({ name }) => armKey(id, name)))
    .filter((key) => arms[key] !== undefined)
    .map((key) => [key, arms[key]]);

function only(pointer: Pointer, canRun: (experiment: ServedExperiment) => boolean): Pointer {
  const layers = pointer.layers?.map((layer) => ({
    ...layer,
    experiments: layer.experiments.filter((one) => isRunning(one) && canRun(one)),
  }));
  return { ...pointer, layers: layers?.filter(({ experiments }) => experiments.length > 0) };
}

/** The weights of an arm, by the first that has its version: its LiveWeights, memory, KV. */
async function armWeights(
  { env, settings, cell, previous }: Ask,
  key: string,
  version: Version,
  champion: LoadedWeights,
): Promise<LoadedWeights> {
  const before = previous?.arms.get(key);
  try {
    const { scorer, delta, tag } = await timely(adoptWeights(env, cell, key, before ?? champion));
    // The object may not have seen the pointer yet that names this version.
    if (scorer.version === version) return { scorer, delta, tag };
  } catch {
    // The next source says what is wrong, if it is the version.
  }
  if (before?.scorer.version === version) return before;
  // With deltas it is no longer what the arm starts from.
  if (champion.scorer.version === version && champion.delta === 0) return champion;
  const { scorer } = await timely(readScorer(env.WEIGHTS, version, settings.kvCacheTtlS));
  return { scorer, delta: 0 };
}

async function shadowScorer(
  { env, settings, previous }: Ask,
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
