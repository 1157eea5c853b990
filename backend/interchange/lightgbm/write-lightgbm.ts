import { toBase64Url } from '../../../shared/domain/base64url.ts';
import { invalid } from '../../../shared/domain/errors.ts';
import { bucketCount } from '../../../shared/features/schema.ts';
import { scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { firstPassOf, STRIDE, toPoints, type Scorer } from '../../../shared/score/scorer.ts';
import { plainName } from '../match-features.ts';

/** A tree over codes as it is written: a row goes left as in `Trees`. A leaf is its units. */
type OwnNode = number | OwnTest;

interface OwnTest {
  readonly feature: number;
  readonly threshold: number;
  readonly shift: number;
  readonly yes: OwnNode;
  readonly no: OwnNode;
}

/** Lines of the header that LightGBM skips, by which an import gives the whole version back. */
export const OWN = {
  /** The scorer without its trees, as base64url of its bytes. */
  scorer: 'trimtab_scorer',
  /** How many of the trees are its weights. */
  tables: 'trimtab_tables',
  /** `depth,adds` of its re-ranker. */
  rerank: 'trimtab_rerank',
} as const;

/** `missing_type` Zero, `missing_type` None with default left, and Zero with default left. */
const [ZERO_RIGHT, NONE_LEFT, ZERO_LEFT] = [4, 2, 6];

/**
 * A version as LightGBM's text, whose raw prediction for a row of codes is its score in points: a tree for the weights of each feature and
 * each learned cross, and its own trees. Where the trees replace the first pass, its weights are in the header alone.
 * @throws ApiError 400 for a network, which is no sum of trees.
 */
export function writeLightgbm(scorer: Scorer): string {
  if (scorer.kind === 'mlp')
    throw invalid(`${scorer.version} is a network: LightGBM has trees alone`);
  const tables = scorer.kind === 'forest' && !scorer.rerank.adds ? [] : tableTrees(scorer);
  const nodes = [...tables, ...(scorer.kind === 'forest' ? nodesOf(scorer.trees) : [])];
  const trees = nodes.map((node, i) => `Tree=${i}\n${treeText(node)}`);
  const { features } = scorer.schema;
  const own = scorer.kind === 'forest' ? firstPassOf(scorer) : scorer;
  return [
    'tree',
    'version=v4',
    'num_class=1',
    'num_tree_per_iteration=1',
    'label_index=0',
    `max_feature_idx=${features.length - 1}`,
    `feature_names=${featureNames(scorer).join(' ')}`,
    `feature_infos=${features.map((spec) => `[0:${bucketCount(spec) - 1}]`).join(' ')}`,
    `${OWN.scorer}=${toBase64Url(scorerToBytes(own))}`,
    `${OWN.tables}=${tables.length}`,
    ...(scorer.kind === 'forest'
      ? [`${OWN.rerank}=${scorer.rerank.depth},${scorer.rerank.adds}`]
      : []),
    // In bytes, each with the line break that follows it.
    `tree_sizes=${trees.map(({ length }) => length + 1).join(' ')}`,
    '',
    ...trees,
    'end of trees\n',
    'feature_importances:\n',
    'parameters:',
    '[boosting: gbdt]',
    'end of parameters\n',
    'pandas_categorical:null\n',
  ].join('\n');
}

/** @throws ApiError 400 where two names are the same in LightGBM's alphabet. */
function featureNames({ schema }: Pick<Scorer, 'schema'>): string[] {
  const names = schema.features.map(({ name }) => plainName(name));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw invalid(
      `two features of schema ${schema.name} are both "${twice}" in LightGBM's alphabet`,
    );
  return names;
}

/** Trees for the weights of the first pass: one per feature, and one per learned cross. */
export function tableTrees({
  schema,
  crosses = [],
  weights,
}: Pick<Scorer, 'schema' | 'crosses' | 'weights'>): OwnNode[] {
  const { features } = schema;
  const row = (from: number, size: number) => Array.from(weights.subarray(from, from + size));
  return [
    ...features.map((spec, feature) =>
      tableTree(feature, row(feature * STRIDE, bucketCount(spec))),
    ),
    ...crosses.map(([a, b], k) => {
      const [rows, columns] = [bucketCount(features[a]), bucketCount(features[b])];
      return tableTree(
        a,
        Array.from({ length: rows }, (_, x) =>
          tableTree(b, row((features.length + k) * STRIDE + x * columns, columns)),
        ),
      );
    }),
  ];
}

/** By code: halved until one value is left. */
function tableTree(feature: number, values: readonly OwnNode[], first = 0): OwnNode {
  if (values.every((value) => value === values[0])) return values[0];
  const half = values.length >> 1;
  return {
    feature,
    threshold: first + half - 1,
    shift: 0,
    yes: tableTree(feature, values.slice(0, half), first),
    no: tableTree(feature, values.slice(half), first + half),
  };
}

function nodesOf({
  roots,
  feature,
  threshold,
  shift,
  left,
  units,
}: Extract<Scorer, { kind: 'forest' }>['trees']): OwnNode[] {
  const nodeOf = (node: number): OwnNode =>
    left[node] === 0
      ? units[node]
      : {
          feature: feature[node],
          threshold: threshold[node],
          shift: shift[node],
          yes: nodeOf(left[node]),
          no: nodeOf(left[node] + 1),
        };
  return Array.from(roots, nodeOf);
}

/** Leaves are numbered from the left, inner nodes by level. */
function treeText(root: OwnNode): string {
  const tests: OwnTest[] = typeof root === 'number' ? [] : [root];
  const leaves: number[] = typeof root === 'number' ? [root] : [];
  const [left, right]: [number[], number[]] = [[], []];
  const numberOf = (node: OwnNode): number =>
    typeof node === 'number' ? ~(leaves.push(node) - 1) : tests.push(node) - 1;
  for (const test of tests) {
    left.push(numberOf(test.yes));
    right.push(numberOf(test.no));
  }
  const zeros = (count: number) => Array.from({ length: count }, () => 0);
  const lines: [string, readonly (number | string)[]][] = [
    ['num_leaves', [leaves.length]],
    ['num_cat', [0]],
    ['split_feature', tests.map(({ feature }) => feature)],
    ['split_gain', zeros(tests.length)],
    ['threshold', tests.map(({ threshold, shift }) => threshold + shift)],
    ['decision_type', tests.map(decisionType)],
    ['left_child', left],
    ['right_child', right],
    ['leaf_value', leaves.map(toPoints)],
    ['leaf_weight', zeros(leaves.length)],
    ['leaf_count', zeros(leaves.length)],
    ['internal_value', zeros(tests.length)],
    ['internal_weight', zeros(tests.length)],
    ['internal_count', zeros(tests.length)],
    ['is_linear', [0]],
    ['shrinkage', [1]],
  ];
  return `${lines.map(([key, values]) => `${key}=${values.join(' ')}`).join('\n')}\n\n`;
}

/** Code 0 is missing: without a shift it is the least number, with one it goes right. */
function decisionType({ shift, threshold }: OwnTest): number {
  if (shift === 0) return NONE_LEFT;
  return threshold === 255 ? ZERO_LEFT : ZERO_RIGHT;
}
