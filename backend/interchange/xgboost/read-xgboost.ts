import { z } from 'zod';
import { messageOf } from '../../../shared/text/message-of.ts';
import { parseJson } from '../../table/parse-json.ts';
import { invalid } from '../../../shared/domain/errors.ts';
import {
  MAX_DEPTH,
  type ForeignModel,
  type ForeignNode,
  type ForeignTest,
} from '../foreign-model.ts';

/**
 * XGBoost's JSON model (its documentation, "Introduction to Model IO", and `doc/model.schema`), which its UBJSON is as well. At a leaf
 * `split_conditions` is its value. Values and thresholds are 32-bit floats; what is below a threshold goes left. Categories that are listed go right.
 */
const numberText = z.union([z.string(), z.number()]).transform(Number);
const flags = z.array(z.union([z.number(), z.boolean()]).transform(Number));
/** Also NaN, which stands where a test of categories has no threshold; JSON has null in its place. */
const numbers = z.custom<number[]>(
  (value) => Array.isArray(value) && value.every((one) => typeof one === 'number' || one === null),
  'must be a list of numbers',
);

const tree = z.object({
  left_children: numbers,
  right_children: numbers,
  split_indices: numbers,
  split_conditions: numbers,
  default_left: flags,
  split_type: flags.optional(),
  categories: numbers.optional(),
  categories_nodes: numbers.optional(),
  categories_segments: numbers.optional(),
  categories_sizes: numbers.optional(),
  tree_param: z.object({ size_leaf_vector: numberText.optional() }).loose(),
});

const gbtree = z.object({ model: z.object({ trees: z.array(tree) }).loose() }).loose();

const model = z.object({
  learner: z
    .object({
      learner_model_param: z
        .object({
          base_score: z.union([z.string(), z.number()]),
          num_class: numberText.optional(),
          num_target: numberText.optional(),
          num_feature: numberText,
        })
        .loose(),
      objective: z.object({ name: z.string() }).loose(),
      gradient_booster: z
        .object({
          name: z.string(),
          model: z
            .object({ trees: z.array(tree) })
            .loose()
            .optional(),
          gbtree: gbtree.optional(),
          weight_drop: numbers.optional(),
        })
        .loose(),
      feature_names: z.array(z.string()).optional(),
    })
    .loose(),
});

type Tree = z.infer<typeof tree>;

/** What turns the base score of the file into one that trees are added to. */
const LINKS: Readonly<Record<string, (base: number) => number>> = {
  'binary:logistic': (base) => Math.log(base / (1 - base)),
  'reg:logistic': (base) => Math.log(base / (1 - base)),
  'count:poisson': Math.log,
  'reg:gamma': Math.log,
  'reg:tweedie': Math.log,
};
const AS_IT_IS =
  /^(binary:logitraw|binary:hinge|rank:(pairwise|ndcg|map)|reg:(squarederror|linear|squaredlogerror|pseudohubererror|absoluteerror|quantileerror))$/;

/** JSON has no words for these: the numbers are too large for 64 bits, and so are read as infinite. */
const UNSPOKEN: Readonly<Record<string, string>> = {
  NaN: 'null',
  '-NaN': 'null',
  Infinity: '1e999',
  '-Infinity': '-1e999',
};

/** JSON as XGBoost writes it: with NaN, which becomes null, and Infinity. @throws ApiError 400 where it is none. */
export function parseXgboostJson(text: string): unknown {
  const strict = text.replaceAll(
    /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g,
    (found) => UNSPOKEN[found] ?? found,
  );
  try {
    return parseJson(strict);
  } catch (error) {
    throw invalid(`the file is no JSON: ${messageOf(error)}`);
  }
}

/** @param parsed JSON or UBJSON. @throws ApiError 400 with what was expected, where it is no model that the edge can evaluate. */
export function readXgboost(parsed: unknown): ForeignModel {
  const read = model.safeParse(parsed);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw invalid(
      `the file is no XGBoost model: ${issue.path.join('.')}: ${issue.message}; save it by save_model with .json or .ubj`,
    );
  }
  const { learner } = read.data;
  const { learner_model_param: about, objective, gradient_booster: booster } = learner;
  if ((about.num_class ?? 0) > 1 || (about.num_target ?? 1) > 1)
    throw invalid('the XGBoost model has several scores per row: a ranking needs one');
  const { name } = objective;
  const link = Object.hasOwn(LINKS, name) ? LINKS[name] : AS_IT_IS.test(name) ? Number : undefined;
  if (link === undefined)
    throw invalid(`the XGBoost model's objective is ${name}: binary, rank and regression are read`);
  // Written as "5E-1", and by newer versions as "[5E-1]".
  const base = Number(String(about.base_score).replace(/^\[(.*)\]$/, '$1'));
  const start = link(base);
  if (!Number.isFinite(start))
    throw invalid(`the XGBoost model's base score is ${about.base_score}`);
  if (booster.name !== 'gbtree' && booster.name !== 'dart')
    throw invalid(`the XGBoost model's booster is ${booster.name}: gbtree and dart are read`);
  const trees = (booster.gbtree?.model ?? booster.model)?.trees;
  if (trees === undefined) throw invalid('the XGBoost model has no trees');
  const weights = booster.name === 'dart' ? booster.weight_drop : undefined;
  if (weights !== undefined && weights.length !== trees.length)
    throw invalid(
      `the XGBoost model has ${trees.length} trees, but ${weights.length} weights of them`,
    );
  return {
    library: 'XGBoost',
    objective: name,
    features: learner.feature_names?.length
      ? learner.feature_names
      : Array.from({ length: about.num_feature }, () => ''),
    texts: [],
    trees: trees.map((one, i) => readTree(one, i, about.num_feature, weights?.[i] ?? 1)),
    base: Math.fround(start),
    ...(name.startsWith('binary:logi') && { logOdds: 1 }),
    isFloat32: true,
  };
}

function readTree(own: Tree, index: number, features: number, weight: number): ForeignNode {
  const bad = (what: string) => invalid(`tree ${index} of the XGBoost model ${what}`);
  const { left_children: left, right_children: right, split_indices: feature } = own;
  const { split_conditions: condition, default_left: isLeft, split_type: type } = own;
  const nodes = left.length;
  if (![right, feature, condition, isLeft].every(({ length }) => length === nodes) || nodes === 0)
    throw bad(`has lists of nodes that differ in length`);
  if ((own.tree_param.size_leaf_vector ?? 0) > 1)
    throw bad('has leaves of several values (multi_output_tree)');
  const sets = new Map<number, ReadonlySet<number>>();
  own.categories_nodes?.forEach((node, i) => {
    const from = own.categories_segments?.[i] ?? 0;
    const size = own.categories_sizes?.[i] ?? 0;
    sets.set(node, new Set(own.categories?.slice(from, from + size)));
  });
  const testOf = (node: number): ForeignTest => {
    if (!Number.isInteger(feature[node]) || feature[node] < 0 || feature[node] >= features)
      throw bad(`asks feature ${feature[node]} of ${features}`);
    const common = { feature: feature[node], missingLeft: isLeft[node] !== 0 };
    if ((type?.[node] ?? 0) === 0) {
      // NaN, or null in its place, compares with nothing; `fround` would make 0 of null.
      if (!(Math.abs(condition[node] ?? Number.NaN) >= 0))
        throw bad(`has no threshold at node ${node}`);
      return {
        kind: 'number',
        ...common,
        threshold: Math.fround(condition[node]),
        isInclusive: false,
        zeroIsMissing: false,
      };
    }
    const listed = sets.get(node);
    if (listed === undefined) throw bad(`does not list the categories of node ${node}`);
    return { kind: 'category', ...common, listed, listedLeft: false };
  };
  const seen = new Set<number>();
  const build = (at: number, depth: number): ForeignNode => {
    if (!Number.isInteger(at) || at < 0 || at >= nodes || seen.has(at))
      throw bad(`has a node ${at} that is no node, or that two others lead to`);
    if (depth > MAX_DEPTH) throw bad(`is deeper than ${MAX_DEPTH} levels`);
    seen.add(at);
    if (left[at] === -1) {
      if (!Number.isFinite(condition[at])) throw bad('has a leaf that is no finite number');
      return Math.fround(condition[at]) * Math.fround(weight);
    }
    return {
      test: testOf(at),
      left: build(left[at], depth + 1),
      right: build(right[at], depth + 1),
    };
  };
  return build(0, 0);
}
