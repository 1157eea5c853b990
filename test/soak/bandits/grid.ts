/** How Vowpal Wabbit explores, each with the values that its documentation names or recommends to try. */
const EXPLORERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  epsilon: [0.02, 0.05, 0.1].map((epsilon) => ['--epsilon', `${epsilon}`]),
  squarecb: [10, 100, 1000].map((gamma) => ['--squarecb', '--gamma_scale', `${gamma}`]),
  cover: [3, 8].map((policies) => ['--cover', `${policies}`]),
  bag: [3, 8].map((policies) => ['--bag', `${policies}`]),
};
const RATES = [0.1, 0.5, 2];
/** A rate that falls with the square root of what was learned, and one that stays, by which a turn is followed faster. */
const FALLS = [0.5, 0];

export interface Candidate {
  readonly explorer: string;
  readonly args: readonly string[];
}

export const GRID: readonly Candidate[] = Object.entries(EXPLORERS).flatMap(
  ([explorer, variants]) =>
    variants.flatMap((own) =>
      RATES.flatMap((rate) =>
        FALLS.map((power) => ({
          explorer,
          args: [...own, '--learning_rate', `${rate}`, '--power_t', `${power}`],
        })),
      ),
    ),
);
