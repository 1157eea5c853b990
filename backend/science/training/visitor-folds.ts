/** More would cost more fits, and let hardly more be learned by each. */
export const FOLDS = 5;

/** The fold of a slate's visitor, 0 to FOLDS − 1: all slates of a visitor are in one. @param cluster the visitor of each slate. */
export const foldOf = (cluster: ArrayLike<number>, slate: number): number => cluster[slate] % FOLDS;
