import { armKey, type ServedExperiment } from '../../shared/domain/experiment.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import type { LoadedWeights } from './adopt-weights.ts';

/**
 * The pointer reduced to the experiments that can run: for requests that rank the catalogue, and for candidate lists.
 */
export type RunnableExperiments = Readonly<Record<'catalogue' | 'candidates', Pointer>>;

/**
 * An experiment runs only when the weights of all its arms are in memory, and then for everybody in it. If only the
 * visitors whose own arm is loaded were exposed, the arms would lose different visitors and could not be compared.
 */
export function runnableExperiments(
  pointer: Pointer,
  champion: LoadedWeights,
  arms: ReadonlyMap<string, LoadedWeights>,
): RunnableExperiments {
  const scorersOf = ({ id, arms: own }: ServedExperiment) =>
    own.map(({ name }) => {
      const key = armKey(id, name);
      return pointer.arms?.[key] === undefined ? champion.scorer : arms.get(key)?.scorer;
    });
  return {
    catalogue: only(pointer, (one) => scorersOf(one).every(hasSchemaOf(champion.scorer))),
    candidates: only(pointer, (one) => {
      const [first, ...others] = scorersOf(one);
      // A candidate list is packed for one schema, so slates can be interleaved or compared only within one schema.
      return comparesSlates(one)
        ? [first, ...others].every(hasSchemaOf(first))
        : !scorersOf(one).includes(undefined);
    }),
  };
}

export const isRunning = ({ status }: ServedExperiment) => status === 'running';

/** Whether serving one request needs the slates of several arms. */
const comparesSlates = ({ design, trigger }: ServedExperiment) =>
  design === 'interleaved' || trigger === 'slate differs';

const hasSchemaOf = (reference: Scorer | undefined) => (scorer: Scorer | undefined) =>
  scorer !== undefined && scorer.schema.hash === reference?.schema.hash;

function only(pointer: Pointer, canRun: (experiment: ServedExperiment) => boolean): Pointer {
  const layers = pointer.layers?.map((layer) => ({
    ...layer,
    experiments: layer.experiments.filter((one) => isRunning(one) && canRun(one)),
  }));
  return { ...pointer, layers: layers?.filter(({ experiments }) => experiments.length > 0) };
}
