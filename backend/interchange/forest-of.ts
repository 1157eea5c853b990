import type { Scorer, UnversionedScorer, ForestScorer, Rerank } from '../../shared/score/scorer.ts';
import { codeTrees, type BucketNode } from './code-trees.ts';
import type { ForeignModel, ForeignNode } from './foreign-model.ts';
import { featureMatcher, type MatchOptions, type MatchedTest } from './match-features.ts';

export interface ForestOptions extends MatchOptions {
  /** How many points a raw prediction of 1 is worth. */
  readonly points: number;
  readonly rerank: Rerank;
  readonly name: string;
}

export interface ImportedForest {
  readonly scorer: UnversionedScorer<ForestScorer>;
  /** Thresholds that were moved to an edge, each once, with the feature. */
  readonly moved: readonly {
    readonly feature: string;
    readonly from: number;
    readonly to: number;
  }[];
}

/**
 * A model of trees as a scorer that re-ranks what the first pass of another version lets through. Each leaf is rounded to units, so that a
 * score is within trees × 2⁻¹⁷ points of the library's raw prediction.
 * @param parent whose first pass, schema and exploration it has.
 * @throws ApiError 400 with the feature that does not fit.
 */
export function forestOf(
  model: ForeignModel,
  parent: Scorer,
  options: ForestOptions,
): ImportedForest {
  const { schema } = parent;
  const match = featureMatcher(model, schema, options);
  const moved = new Map<string, ImportedForest['moved'][number]>();
  const note = ({ feature, moved: move }: MatchedTest): void => {
    const { name } = schema.features[feature];
    if (move !== undefined) moved.set(`${name} ${move.from}`, { feature: name, ...move });
  };
  const read = (node: ForeignNode, base: number): BucketNode => {
    if (typeof node === 'number') return node + base;
    const test = match(node.test);
    note(test);
    return {
      feature: test.feature,
      left: test.left,
      yes: read(node.left, base),
      no: read(node.right, base),
    };
  };
  // The first tree holds the base.
  const trees = (model.trees.length === 0 ? [0] : model.trees).map((tree, i) =>
    read(tree, i === 0 ? model.base : 0),
  );
  const { crosses, weights, exploration, version } = parent;
  return {
    scorer: {
      kind: 'forest',
      parent: version,
      name: options.name,
      schema,
      ...(crosses && { crosses }),
      weights,
      calibration: {
        intercept: 0,
        slope: model.logOdds === undefined ? 1 : model.logOdds / options.points,
      },
      exploration,
      rerank: options.rerank,
      trees: codeTrees(trees, options.points),
    },
    moved: [...moved.values()],
  };
}
