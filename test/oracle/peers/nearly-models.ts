import {
  goesLeft,
  type ForeignModel,
  type ForeignNode,
  type ForeignTest,
} from '../../../backend/interchange/foreign-model.ts';

/** A model that differs from another in one test, and in that by one step. */
export interface NearlyModel {
  readonly difference: string;
  readonly model: ForeignModel;
}

/**
 * All models that are a model but for one test whose threshold is a step off, which takes one category more or less, or which sends missing values
 * the other way. Those that no row can tell from the model are left out: where a test is reached, no bucket goes another way.
 * @param valuesOf of a feature: what the model sees for each bucket.
 * @param steps of a threshold: the two that are next to it; the codes' own are one off.
 */
export function nearlyModels(
  model: ForeignModel,
  valuesOf: (feature: number) => readonly number[],
  steps = ({ threshold }: { readonly feature: number; readonly threshold: number }) => [
    threshold - 1,
    threshold + 1,
  ],
): NearlyModel[] {
  const found: NearlyModel[] = [];
  const visit = (
    node: ForeignNode,
    reached: ReadonlyMap<number, readonly number[]>,
    withTree: (changed: ForeignNode) => ForeignModel,
    at: string,
  ): void => {
    if (typeof node === 'number') return;
    const { test, left, right } = node;
    const values = reached.get(test.feature) ?? valuesOf(test.feature);
    for (const { difference, other } of othersOf(test, valuesOf(test.feature), steps))
      if (values.some((value) => goesLeft(test, value) !== goesLeft(other, value)))
        found.push({
          difference: `${at}: ${difference}`,
          model: withTree({ test: other, left, right }),
        });
    const under = (side: boolean) =>
      new Map(reached).set(
        test.feature,
        values.filter((value) => goesLeft(test, value) === side),
      );
    visit(left, under(true), (own) => withTree({ test, left: own, right }), `${at}.left`);
    visit(right, under(false), (own) => withTree({ test, left, right: own }), `${at}.right`);
  };
  model.trees.forEach((tree, i) =>
    visit(
      tree,
      new Map(),
      (changed) => ({ ...model, trees: model.trees.with(i, changed) }),
      `tree ${i}`,
    ),
  );
  return found;
}

function othersOf(
  test: ForeignTest,
  values: readonly number[],
  steps: (test: { readonly feature: number; readonly threshold: number }) => readonly number[],
): { readonly difference: string; readonly other: ForeignTest }[] {
  const turned = { ...test, missingLeft: !test.missingLeft };
  const missing = { difference: 'missing values go the other way', other: turned };
  if (test.kind === 'number')
    return [
      ...steps(test).map((threshold) => ({
        difference: `threshold ${threshold} in place of ${test.threshold}`,
        other: { ...test, threshold },
      })),
      missing,
    ];
  const categories = values.filter((value) => !Number.isNaN(value));
  return [
    ...categories.map((category) => ({
      difference: `category ${category} goes the other way`,
      other: { ...test, listed: test.listed.symmetricDifference(new Set([category])) },
    })),
    missing,
  ];
}
