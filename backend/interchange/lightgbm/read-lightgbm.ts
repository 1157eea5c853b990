import { z } from 'zod';
import { invalid } from '../../../shared/domain/errors.ts';
import {
  MAX_DEPTH,
  type ForeignModel,
  type ForeignNode,
  type ForeignTest,
} from '../foreign-model.ts';

/**
 * LightGBM's text format, versions 2 to 4 (`Tree::ToString` and `GBDT::SaveModelToString` of its sources): lines of `key=value`, first of
 * the model and then of each tree. Leaves are numbered `~index` among the children; values include the learning rate.
 */
const CATEGORICAL = 1;
const DEFAULT_LEFT = 2;
const MISSING_SHIFT = 2;
const MISSING_MASK = 3;
const [ZERO, NAN] = [1, 2];
const ABOVE_ZERO = 1.1e-35;
/** A threshold that divides missing values from all others. */
const INFINITE: Readonly<Record<string, number | undefined>> = {
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
};

/** Objectives whose raw predictions put the items of a slate in order. */
const ORDERING = new Set([
  'binary',
  'cross_entropy',
  'xentropy',
  'lambdarank',
  'rank_xendcg',
  'regression',
  'regression_l1',
  'huber',
  'fair',
  'poisson',
  'quantile',
  'mape',
  'gamma',
  'tweedie',
  'custom',
]);

/** What the file says beside its trees. */
export interface LightgbmFile {
  readonly model: ForeignModel;
  /** Lines of the header by key, those that LightGBM does not know among them. */
  readonly header: ReadonlyMap<string, string>;
}

/** @throws ApiError 400 with what was expected, where the text is no model that the edge can evaluate. */
export function readLightgbm(text: string): LightgbmFile {
  const sections = text.replaceAll('\r\n', '\n').split(/^(?=Tree=\d+$)/m);
  const header = pairsOf(sections[0].split('\n'));
  const need = (key: string): string => {
    const found = header.get(key);
    if (found === undefined)
      throw invalid(`the LightGBM model has no line "${key}=": is it whole?`);
    return found;
  };
  const version = header.get('version') ?? 'v1';
  if (!['v2', 'v3', 'v4'].includes(version))
    throw invalid(`the LightGBM model is of format ${version}; v2, v3 and v4 are read`);
  const classes = Number(header.get('num_tree_per_iteration') ?? need('num_class'));
  if (classes !== 1)
    throw invalid(`the LightGBM model has ${classes} scores per row: a ranking needs one`);
  const [objective = 'custom', ...settings] = (header.get('objective') ?? 'custom').split(' ');
  if (!ORDERING.has(objective))
    throw invalid(
      `the LightGBM model's objective is ${objective}; known are ${[...ORDERING].join(', ')}`,
    );
  const features = need('feature_names').split(' ');
  if (features.length !== Number(need('max_feature_idx')) + 1)
    throw invalid(
      `the LightGBM model names ${features.length} features, but has ${Number(need('max_feature_idx')) + 1}`,
    );
  const written = sections
    .slice(1)
    .map((section, tree) => readTree(section, tree, features.length));
  const sizes = header.get('tree_sizes');
  if (
    !text.includes('end of trees') ||
    (sizes !== undefined &&
      sizes.trim() !== '' &&
      sizes.trim().split(/\s+/).length !== written.length)
  )
    throw invalid('the LightGBM model ends too early: its file is cut short');
  const share = header.has('average_output') ? 1 / Math.max(written.length, 1) : 1;
  const trees = share === 1 ? written : written.map((tree) => times(tree, share));
  const logOdds = logOddsOf(objective, settings);
  return {
    header,
    model: {
      library: 'LightGBM',
      objective,
      features,
      texts: textsOf(text, written, features.length),
      trees,
      base: 0,
      ...(logOdds !== undefined && { logOdds }),
      isFloat32: false,
    },
  };
}

function logOddsOf(objective: string, settings: readonly string[]): number | undefined {
  if (objective === 'cross_entropy' || objective === 'xentropy') return 1;
  if (objective !== 'binary') return undefined;
  const given = settings.find((one) => one.startsWith('sigmoid:'));
  const sigmoid = given === undefined ? 1 : Number(given.slice('sigmoid:'.length));
  if (!(sigmoid > 0)) throw invalid(`the LightGBM model's ${given} must be above 0`);
  return sigmoid;
}

function pairsOf(lines: readonly string[]): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf('=');
    pairs.set(at < 0 ? line.trim() : line.slice(0, at), at < 0 ? '' : line.slice(at + 1));
  }
  return pairs;
}

function readTree(section: string, tree: number, features: number): ForeignNode {
  const pairs = pairsOf(section.split('\n'));
  const bad = (what: string) => invalid(`tree ${tree} of the LightGBM model ${what}`);
  const list = (key: string, length: number): number[] => {
    const values = (pairs.get(key) ?? '')
      .trim()
      .split(/\s+/)
      .filter(Boolean)
      .map((value) => INFINITE[value] ?? Number(value));
    if (values.length !== length || values.some(Number.isNaN))
      throw bad(`has no ${length} numbers in its line "${key}="`);
    return values;
  };
  if (Number(pairs.get('is_linear') ?? 0) !== 0)
    throw bad('has linear leaves (linear_tree): the edge reads codes alone, so train without them');
  const leaves = Number(pairs.get('num_leaves'));
  if (!Number.isInteger(leaves) || leaves < 1) throw bad('does not say how many leaves it has');
  const value = list('leaf_value', leaves);
  if (!value.every(Number.isFinite)) throw bad('has a leaf that is no finite number');
  if (leaves === 1) return value[0];
  const splits = leaves - 1;
  const [left, right, feature, kind] = [
    'left_child',
    'right_child',
    'split_feature',
    'decision_type',
  ].map((key) => list(key, splits));
  const threshold = list('threshold', splits);
  const sets = Number(pairs.get('num_cat') ?? 0);
  const bounds = sets > 0 ? list('cat_boundaries', sets + 1) : [];
  const words = sets > 0 ? list('cat_threshold', bounds.at(-1)!) : [];
  const testOf = (node: number): ForeignTest => {
    const own = feature[node];
    if (!Number.isInteger(own) || own < 0 || own >= features)
      throw bad(`asks feature ${own} of ${features}`);
    const missing = (kind[node] >> MISSING_SHIFT) & MISSING_MASK;
    if ((kind[node] & CATEGORICAL) === 0)
      return {
        kind: 'number',
        feature: own,
        // LightGBM puts a bin's end just above 0 where it means 0.
        threshold: threshold[node] > 0 && threshold[node] < ABOVE_ZERO ? 0 : threshold[node],
        isInclusive: true,
        // Where nothing is missing, LightGBM reads NaN as 0.
        missingLeft:
          missing === ZERO || missing === NAN
            ? (kind[node] & DEFAULT_LEFT) !== 0
            : threshold[node] >= 0,
        zeroIsMissing: missing === ZERO,
      };
    const set = threshold[node];
    if (!Number.isInteger(set) || set < 0 || set >= sets)
      throw bad(`asks for categories ${set} of ${sets}`);
    return {
      kind: 'category',
      feature: own,
      listed: bitsOf(words.slice(bounds[set], bounds[set + 1])),
      listedLeft: true,
      missingLeft: false,
    };
  };
  const seen = new Set<number>();
  const build = (at: number, depth: number): ForeignNode => {
    if (at < 0) {
      if (~at >= leaves) throw bad(`has no leaf ${~at}`);
      return value[~at];
    }
    if (!Number.isInteger(at) || at >= splits || seen.has(at))
      throw bad(`has a node ${at} that is no node, or that two others lead to`);
    if (depth > MAX_DEPTH) throw bad(`is deeper than ${MAX_DEPTH} levels`);
    seen.add(at);
    return {
      test: testOf(at),
      left: build(left[at], depth + 1),
      right: build(right[at], depth + 1),
    };
  };
  return build(0, 0);
}

function bitsOf(words: readonly number[]): Set<number> {
  const found = new Set<number>();
  words.forEach((word, i) => {
    for (let bit = 0; bit < 32; bit++) if (((word >>> bit) & 1) === 1) found.add(i * 32 + bit);
  });
  return found;
}

function times(node: ForeignNode, factor: number): ForeignNode {
  return typeof node === 'number'
    ? node * factor
    : { ...node, left: times(node.left, factor), right: times(node.right, factor) };
}

/** `pandas_categorical` lists the categories of each categorical column, in the order of the columns. */
function textsOf(
  text: string,
  trees: readonly ForeignNode[],
  features: number,
): (readonly string[] | undefined)[] {
  const line = /^pandas_categorical:(.*)$/m.exec(text)?.[1];
  const lists = line === undefined ? null : listsOf(line);
  const texts: (readonly string[] | undefined)[] = Array.from({ length: features });
  if (lists === null || lists.length === 0) return texts;
  const infos = (/^feature_infos=(.*)$/m.exec(text)?.[1] ?? '').split(' ');
  const asked = new Set<number>();
  const visit = (node: ForeignNode): void => {
    if (typeof node === 'number') return;
    if (node.test.kind === 'category') asked.add(node.test.feature);
    visit(node.left);
    visit(node.right);
  };
  trees.forEach(visit);
  // `[0:12.5]` is a range of numbers, `0:1:4` lists categories, `none` a feature of which nothing could be asked.
  const categorical = infos.flatMap((info, feature) =>
    asked.has(feature) || /^-?\d+(:-?\d+)*$/.test(info) ? [feature] : [],
  );
  if (categorical.length !== lists.length) {
    if (asked.size === 0) return texts;
    throw invalid(
      `the LightGBM model lists the categories of ${lists.length} columns and uses ${categorical.length}: which are whose cannot be told, so train without columns that are constant`,
    );
  }
  categorical.forEach((feature, i) => {
    texts[feature] = lists[i].map(String);
  });
  return texts;
}

function listsOf(line: string): unknown[][] | null {
  try {
    return z.array(z.array(z.unknown())).nullable().parse(JSON.parse(line));
  } catch {
    throw invalid('the line "pandas_categorical:" of the LightGBM model is no list of lists');
  }
}
