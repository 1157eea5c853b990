/** How Vowpal Wabbit explores, each with the values that its documentation names or recommends to try. */
const EXPLORERS: readonly (readonly string[])[] = [
  ...[0.02, 0.05, 0.1].map((epsilon) => ['--epsilon', `${epsilon}`]),
  ...[10, 100, 1000].map((gamma) => ['--squarecb', '--gamma_scale', `${gamma}`]),
  ...[3, 8].map((policies) => ['--cover', `${policies}`]),
  ...[3, 8].map((policies) => ['--bag', `${policies}`]),
];
const RATES = [0.1, 0.5, 2];
/** A rate that falls with the square root of what was learned, and one that stays, by which a turn is followed faster. */
const FALLS = [0.5, 0];

/** Arguments of the peer. */
export const GRID: readonly (readonly string[])[] = EXPLORERS.flatMap((own) =>
  RATES.flatMap((rate) =>
    FALLS.map((power) => [...own, '--learning_rate', `${rate}`, '--power_t', `${power}`]),
  ),
);
