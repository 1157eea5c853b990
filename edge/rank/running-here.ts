import { armKey, type ServedExperiment } from '../../shared/domain/experiment.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import type { LoadedWeights } from './adopt-weights.ts';

/** The pointer with only the experiments that can run, by what a request ranks. */
export type Running = Readonly<Record<'catalogue' | 'candidates', Pointer>>;

/**
 * An experiment runs when all its arms are at hand, for everybody in it or for nobody: were only those exposed whose own
 * arm is at hand, the arms would lose different visitors.
 */
export function runningHere(
  pointer: Pointer,
  champion: LoadedWeights,
  arms: ReadonlyMap<string, LoadedWeights>,
): Running {
  const scorersOf = ({ id, arms: own }: ServedExperiment) =>
    own.map(({ name }) => {
      const key = armKey(id, name);
      return pointer.arms?.[key] === undefined ? champion.scorer : arms.get(key)?.scorer;
    });
  return {
    catalogue: only(pointer, (one) => scorersOf(one).every(hasSchema(champion.scorer))),
    candidates: only(pointer, (one) => {
      const [first, ...others] = scorersOf(one);
      // A candidate list is packed for one schema: slates of two could not be drafted from it, nor compared.
      return isOneSlate(one)
        ? [first, ...others].every(hasSchema(first))
        : !scorersOf(one).includes(undefined);
    }),
  };
}

export const isRunning = ({ status }: ServedExperiment) => status === 'running';

const isOneSlate = ({ design, trigger }: ServedExperiment) =>
  design === 'interleaved' || trigger === 'slate differs';

const hasSchema = (as: Scorer | undefined) => (scorer: Scorer | undefined) =>
  scorer !== undefined && scorer.schema.hash === as?.schema.hash;

function only(pointer: Pointer, canRun: (experiment: ServedExperiment) => boolean): Pointer {
  const layers = pointer.layers?.map((layer) => ({
    ...layer,
    experiments: layer.experiments.filter((one) => isRunning(one) && canRun(one)),
  }));
  return { ...pointer, layers: layers?.filter(({ experiments }) => experiments.length > 0) };
}
