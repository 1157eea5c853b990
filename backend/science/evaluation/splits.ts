import { seededRandom } from '../../../shared/explore/random.ts';
import type { TrainingSet } from '../learn/training-set.ts';
import { clusterIndex } from '../statistics/interval.ts';
import { shuffle } from '../statistics/shuffle.ts';

/** The slates to train on and those to test on, ascending; `takeSlates` makes sets of them. */
export interface Fold {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * Folds for grouped cross-validation: clusters are shuffled and assigned to folds of equal size, so that the slates of
 * one cluster are in the same fold and each slate is tested exactly once.
 * @param cluster the cluster number of each slate (user or session).
 * @throws Error with fewer clusters than folds.
 */
export function clusterFolds(
  cluster: ArrayLike<number>,
  { folds = 5, seed }: { folds?: number; seed: number },
): Fold[] {
  const index = clusterIndex(cluster);
  const clusters = index.reduce((most, value) => Math.max(most, value + 1), 0);
  if (folds < 2 || clusters < folds) {
    throw new Error(
      `${clusters} clusters cannot make ${folds} folds: give at least one cluster to each of two or more`,
    );
  }
  const random = seededRandom(seed);
  const foldOf = Uint32Array.from({ length: clusters }, (_, i) => i % folds);
  shuffle(foldOf, random);
  return Array.from({ length: folds }, (_, fold) => ({
    train: slatesWhere(index.length, (slate) => foldOf[index[slate]] !== fold),
    test: slatesWhere(index.length, (slate) => foldOf[index[slate]] === fold),
  }));
}

/**
 * Rolling-origin evaluation (Tashman, 2000): each fold trains on all slates before a time and tests on the period that
 * follows. The first `firstShare` of the slates are only trained on; the rest is divided into `folds` periods of equal
 * size. Slates of the same millisecond stay together.
 * @param gapMs slates this shortly before a period are not trained on, so that rewards that were not yet known at its
 * start do not leak into training.
 * @throws Error where a fold would have no slate to train on or to test on.
 */
export function rollingFolds(
  { at }: Pick<TrainingSet, 'at'>,
  {
    folds = 5,
    firstShare = 0.5,
    gapMs = 0,
  }: { folds?: number; firstShare?: number; gapMs?: number },
): Fold[] {
  const slates = at.length;
  const cutAt = (fold: number) => {
    let cut = Math.round(slates * (firstShare + ((1 - firstShare) * fold) / folds));
    while (cut > 0 && cut < slates && at[cut] === at[cut - 1]) cut++;
    return cut;
  };
  return Array.from({ length: folds }, (_, fold) => {
    const [from, to] = [cutAt(fold), cutAt(fold + 1)];
    const train = slatesWhere(from, (slate) => at[slate] < at[from] - gapMs);
    const test = slatesWhere(to, (slate) => slate >= from);
    if (train.length === 0 || test.length === 0) {
      throw new Error(
        `fold ${fold + 1} of ${folds} would train on ${train.length} slates and test on ${test.length}: use fewer folds, a shorter gap or more data`,
      );
    }
    return { train, test };
  });
}

function slatesWhere(slates: number, wanted: (slate: number) => boolean): Uint32Array {
  const taken = new Uint32Array(slates);
  let count = 0;
  for (let slate = 0; slate < slates; slate++) if (wanted(slate)) taken[count++] = slate;
  return taken.slice(0, count);
}
