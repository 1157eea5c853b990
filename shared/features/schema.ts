import { shown } from '../domain/shown.ts';
import { sha256Hex } from '../hash/sha256.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { ApiError } from '../domain/errors.ts';
import { checkExploration, type ExplorationSpec } from '../domain/exploration.ts';
import { isMetric, METRIC_NAMES } from '../domain/metric-name.ts';
import { nearest } from '../domain/nearest.ts';
import type { ColumnSpec } from './columns/column-spec.ts';
import { MAX_DIMENSIONS } from '../domain/item.ts';
import { parsePlacedRules, type PlacedRules } from '../domain/placed-rules.ts';
import { nfc, nfcOf } from '../domain/nfc.ts';
import { isCurrency } from '../domain/currency.ts';
import { namesOf } from './columns/item-table.ts';
import { checkNeighbours, type NeighbourSpec } from './neighbour-spec.ts';
import { refuseMisspeltFields } from './schema-fields.ts';
import { parseTexts, type Texts } from './texts.ts';
import { isKind, KIND_NAMES, kindOf, type FeatureSpec } from './kinds/index.ts';

/** Excludes items from ranking, whatever their score: those with one of some values, or with a date in the past. */
export type FilterSpec =
  | { readonly column: string; readonly exclude: readonly string[] }
  | { readonly column: string; readonly before: 'now' };

/** A constraint on a feature's weights that training must satisfy. */
export interface ConstraintSpec {
  readonly feature: string;
  /** Lowest points of every bucket from 1 on. */
  readonly min?: number;
  /** Highest points of every bucket from 1 on. */
  readonly max?: number;
  /** The points over buckets 1, 2, 3, … */
  readonly monotone?: 'increasing' | 'decreasing';
}

/** How training corrects for position bias; see `TrainingSpec.position`. */
export const POSITION_BIAS = ['feature', 'propensity', 'given'] as const;
type PositionBias = (typeof POSITION_BIAS)[number];

export interface TrainingSpec {
  /**
   * `listwise`: softmax over each slate; of slates of one, logistic regression. `pointwise`: logistic regression over
   * all shown items.
   */
  readonly objective: 'listwise' | 'pointwise';
  /** Strength of the L2 penalty (ridge) per ranking, on log-odds, towards the prior weights. */
  readonly l2: number;
  /**
   * How many times stronger the ridge is on the weights of crosses; default 1. A cross says how far a segment differs from the
   * weights of its parts, so that few data keep it near these.
   */
  readonly crossShrinkage?: number;
  /**
   * How position bias is corrected.
   * `feature`: the slot is an extra feature in training, dropped when serving.
   * `propensity`: rewards are divided by the examination propensity
   * of their slot, estimated from the log; listwise only.
   * `given`: the position is already a feature that is known when serving (the caller's own order).
   */
  readonly position: PositionBias;
  /** How boosted trees are grown, where not as usual. */
  readonly boosting?: BoostingSpec;
  /** Metric → weight. The reward of a shown item is the sum of the weights of its event types, each counted once. */
  readonly reward: Readonly<Record<string, number>>;
}

/** What one boosted tree is grown on, and how large it may be. */
export interface BoostingSpec {
  /** Share of the features that it may split on, drawn anew for each tree; above 0 and up to 1, which is the default. */
  readonly features?: number;
  /** Share of the rankings that it is grown on, drawn anew for each tree; above 0 and up to 1, which is the default. */
  readonly slates?: number;
  /** Most leaves, 2 to 64; default 15. */
  readonly leaves?: number;
}

/**
 * The columns and features of a catalogue, as data. The hash covers what determines codes (name, columns, features,
 * filters), so codes under equal hashes mean the same. Rules and training settings can change without changing it.
 */
export interface Schema {
  readonly name: string;
  readonly columns: readonly ColumnSpec[];
  readonly features: readonly FeatureSpec[];
  readonly filters: readonly FilterSpec[];
  readonly constraints: readonly ConstraintSpec[];
  /** The weights of `v000000`: feature → points by bucket; what is left out is 0. */
  readonly rules: Readonly<Record<string, readonly number[]>>;
  readonly exploration: ExplorationSpec;
  readonly training: TrainingSpec;
  /** What slates keep to, by placement; absent: nothing. */
  readonly slateRules?: PlacedRules;
  /** What makes items alike, for lists of related items; absent: none are found. */
  readonly related?: NeighbourSpec;
  /** How reasons are said in languages besides English. */
  readonly texts?: Texts;
  /** 16 hex digits. */
  readonly hash: string;
}

export const MAX_FEATURES = 64;
const MAX_FILTERS = 7;

const bad = (message: string) => new ApiError(400, 'invalid_schema', `schema: ${message}`);

/**
 * Checks a schema that was parsed from JSON, brings its texts into Unicode normal form C, in which those of items and
 * requests are, adds defaults and computes its hash.
 * @throws ApiError 400 `invalid_schema` naming the entry and what is expected.
 */
export function parseSchema(value: unknown): Schema {
  const schema = parseStoredSchema(nfcOf(value));
  try {
    refuseMisspeltFields(value as object);
  } catch (error) {
    throw error instanceof ApiError ? bad(error.message) : error;
  }
  for (const name of Object.keys(schema.training.reward)) {
    if (isMetric(name)) continue;
    const meant = nearest(name, METRIC_NAMES);
    throw bad(
      `training.reward: there is no metric "${name}": ${meant === undefined ? `take one of ${METRIC_NAMES.join(', ')}, or outcome.<name>` : `did you mean "${meant}"?`}`,
    );
  }
  return schema;
}

/** The same for a schema that was checked before: its texts stay as they are, as its hash is over them, and so does its reward. */
export function parseStoredSchema(value: unknown): Schema {
  if (typeof value !== 'object' || value === null)
    throw bad(`must be a JSON object, but was ${shown(value)}`);
  const raw = value as Partial<Schema>;
  if (typeof raw.name !== 'string' || !/^[a-z][a-z0-9-]{0,40}$/.test(raw.name)) {
    throw bad(`name must be lower-case letters, digits and dashes, but was ${shown(raw.name)}`);
  }
  const columns = list(raw.columns, 'columns');
  const filters = list(raw.filters ?? [], 'filters');
  const constraints = list(raw.constraints ?? [], 'constraints');
  unique(columns, 'columns');
  columns.forEach(checkColumn);
  checkCurrencies(columns);
  const features = readFeatures(raw.features, columns);
  checkFilters(filters, columns);
  const rules = raw.rules ?? {};
  if (typeof rules !== 'object') throw bad('rules must be an object of feature → points by bucket');
  const core = { name: raw.name, columns, features, filters };
  const schema: Schema = {
    ...core,
    constraints,
    rules,
    exploration: checkExploration({ temperature: 0, epsilon: 0, poolSize: 50, ...raw.exploration }),
    training: checkTraining({
      objective: 'listwise',
      l2: 1,
      position: 'feature',
      reward: { click: 1 },
      ...raw.training,
    }),
    ...(raw.texts !== undefined && { texts: parseTexts(raw.texts, features) }),
    ...(raw.slateRules !== undefined && { slateRules: placedRules(raw.slateRules) }),
    ...(raw.related !== undefined && { related: checkNeighbours(raw.related, columns) }),
    hash: sha256Hex(canonicalJson(core)).slice(0, 16),
  };
  const reader = features.find(({ kind }) => kind === 'related');
  if (reader !== undefined && schema.related === undefined)
    throw bad(
      `feature ${reader.name} (related): nothing says what makes items alike: add related, such as {"by": [{"column": "…"}]}`,
    );
  constraints.forEach((constraint) => checkConstraint(schema, constraint));
  for (const [name, points] of Object.entries(rules)) {
    const spec = features[featureIndex(schema, name)];
    const size = bucketCount(spec);
    if (!Array.isArray(points) || points.length > size || !points.every(Number.isFinite)) {
      throw bad(
        `rules.${name} must be a list of at most ${size} numbers, one per bucket from 0 (missing)`,
      );
    }
  }
  return schema;
}

function placedRules(value: unknown): PlacedRules {
  try {
    return parsePlacedRules(value);
  } catch (error) {
    throw error instanceof ApiError ? bad(error.message) : error;
  }
}

/** @throws ApiError 400 when the schema has no such feature. */
export function featureIndex(schema: Pick<Schema, 'features' | 'name'>, name: string): number {
  const index = schema.features.findIndex((feature) => feature.name === name);
  if (index < 0) throw bad(`${schema.name} has no feature "${name}"`);
  return index;
}

/** Number of buckets, bucket 0 (missing) included. */
export const bucketCount = (spec: FeatureSpec): number => kindOf(spec).size(spec);
/**
 * The meaning of a bucket in words that are read behind the feature's name, for example `600 to 1200` of `price-level`. No kind
 * shows a bucket's number.
 */
export function bucketLabel(
  schema: Pick<Schema, 'columns' | 'features'>,
  spec: FeatureSpec,
  bucket: number,
): string {
  return labelWith(schema, spec, bucket, (part, of) => namedLabel(schema, part, of));
}

/** The same where parts of a cross are said in another way. */
export function labelWith(
  schema: Pick<Schema, 'columns' | 'features'>,
  spec: FeatureSpec,
  bucket: number,
  named: (part: FeatureSpec, bucket: number) => string,
): string {
  if (bucket === 0) return 'missing';
  const partLabel = (name: string, part: number) =>
    named(
      schema.features.find((one) => one.name === name)!,
      part,
    );
  return kindOf(spec).label(spec, bucket, { columns: schema.columns, partLabel });
}

/** The same behind the feature's name, for where it is one of several: `device mobile`. */
export const namedLabel = (
  schema: Pick<Schema, 'columns' | 'features'>,
  spec: FeatureSpec,
  bucket: number,
): string => `${spec.name} ${bucketLabel(schema, spec, bucket)}`;

/** The words of all buckets of a feature, from 0 (missing) on. */
export const bucketLabels = (
  schema: Pick<Schema, 'columns' | 'features'>,
  spec: FeatureSpec,
): string[] =>
  Array.from({ length: bucketCount(spec) }, (_, bucket) => bucketLabel(schema, spec, bucket));

function list<T>(value: readonly T[] | undefined, name: string): readonly T[] {
  if (!Array.isArray(value)) throw bad(`${name} must be a list, but was ${shown(value)}`);
  if (!value.every((entry) => typeof entry === 'object' && entry !== null))
    throw bad(`${name} must hold objects`);
  return value;
}

/** Checks the features in order, since a feature may refer to earlier ones. */
function readFeatures(
  value: readonly FeatureSpec[] | undefined,
  columns: readonly ColumnSpec[],
): FeatureSpec[] {
  const specs = list(value, 'features');
  unique(specs, 'features');
  if (specs.length === 0 || specs.length > MAX_FEATURES) {
    throw bad(`must have 1 to ${MAX_FEATURES} features, but had ${specs.length}`);
  }
  const features: FeatureSpec[] = [];
  for (const spec of specs) {
    const feature = withSizes(spec, features);
    checkFeature(feature, columns, features);
    features.push(feature);
  }
  return features;
}

/** Fills in how many buckets the parts of a cross have; the schema file does not state it. */
function withSizes(spec: FeatureSpec, earlier: readonly FeatureSpec[]): FeatureSpec {
  if (spec.kind !== 'cross' || !Array.isArray(spec.of)) return spec;
  const size = (name: string) => {
    const part = earlier.find((feature) => feature.name === name);
    return part === undefined ? 0 : bucketCount(part) - 1;
  };
  return { ...spec, sizes: [size(spec.of[0]), size(spec.of[1])] };
}

function unique(entries: readonly { readonly name: string }[], what: string): void {
  const seen = new Set<string>();
  for (const { name } of entries) {
    if (typeof name !== 'string' || name === '') throw bad(`every entry of ${what} needs a name`);
    if (seen.has(name)) throw bad(`${what} has "${name}" twice`);
    seen.add(name);
  }
}

/** Rows hold what was converted before, so that its currency alone must be known of them. */
function checkCurrencies(columns: readonly ColumnSpec[]): void {
  const prices = columns.filter(({ currency }) => currency !== undefined);
  const other = prices.find(({ currency }) => currency !== prices[0].currency);
  if (other !== undefined)
    throw bad(
      `columns ${prices[0].name} and ${other.name}: all prices are compared in one currency, but these are in ${prices[0].currency} and ${other.currency}`,
    );
  for (const { name, currencyFrom } of prices)
    if (columns.some((column) => namesOf(column).includes(nfc(currencyFrom ?? ''))))
      throw bad(
        `column ${name}: currencyFrom names the attribute ${currencyFrom}, which must be no column: once prices are converted it says nothing of them`,
      );
}

/** @throws ApiError 400 unless items can be packed into the column. */
export function checkColumn(column: ColumnSpec): void {
  const { name, type, from, dimensions, currency, currencyFrom } = column;
  if (!['category', 'set', 'number', 'date', 'path', 'embedding'].includes(type)) {
    throw bad(
      `column ${name}: type must be category, set, number, date, path or embedding, but was ${shown(type)}`,
    );
  }
  if (type === 'embedding') {
    if (!(Number.isInteger(dimensions) && dimensions! >= 2 && dimensions! <= MAX_DIMENSIONS))
      throw bad(
        `column ${name}: dimensions must be a whole number from 2 to ${MAX_DIMENSIONS}, but was ${shown(dimensions)}`,
      );
  } else if (dimensions !== undefined)
    throw bad(`column ${name}: dimensions are of embeddings only`);
  if (from !== undefined && !(isTexts(from) && from.length > 0)) {
    throw bad(`column ${name}: from must list the attributes of the path, from the root down`);
  }
  if (currency !== undefined && !(type === 'number' && isCurrency(currency)))
    throw bad(
      `column ${name}: currency must be a code such as EUR, and the column a number, but was ${shown(currency)} of a ${type}`,
    );
  if (
    currencyFrom !== undefined &&
    !(currency !== undefined && typeof currencyFrom === 'string' && currencyFrom !== '')
  )
    throw bad(
      `column ${name}: currencyFrom must name an attribute, beside the currency that prices are compared in`,
    );
}

function checkConstraint(schema: Schema, { feature, min, max, monotone }: ConstraintSpec): void {
  featureIndex(schema, feature);
  const bound = (value: unknown) => value === undefined || Number.isFinite(value);
  const fits =
    bound(min) &&
    bound(max) &&
    (monotone === undefined || monotone === 'increasing' || monotone === 'decreasing');
  if (!fits)
    throw bad(
      `the constraint of ${feature} may have min and max (points) and monotone (increasing or decreasing), but was ${shown({ min, max, monotone })}`,
    );
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string');

function checkFeature(
  spec: FeatureSpec,
  columns: readonly ColumnSpec[],
  earlier: readonly FeatureSpec[],
): void {
  if (!isKind(spec.kind))
    throw bad(
      `feature ${spec.name}: there is no kind "${String(spec.kind)}", but ${KIND_NAMES.join(', ')}`,
    );
  const kind = kindOf(spec);
  const problem = kind.check(spec, { columns, earlier });
  if (problem !== undefined) throw bad(`feature ${spec.name} (${spec.kind}): ${problem}`);
  const size = kind.size(spec);
  if (!Number.isInteger(size) || size < 2 || size > 256) {
    throw bad(`feature ${spec.name} has ${size} buckets with the missing one; 2 to 256 fit`);
  }
}

function checkFilters(filters: readonly FilterSpec[], columns: readonly ColumnSpec[]): void {
  if (filters.length > MAX_FILTERS)
    throw bad(`may have ${MAX_FILTERS} filters, but had ${filters.length}`);
  for (const filter of filters) {
    const column = columns.find(({ name }) => name === filter.column);
    const fits =
      'before' in filter
        ? column?.type === 'date' && filter.before === 'now'
        : column?.type === 'category' && isTexts(filter.exclude);
    if (!fits) {
      throw bad(
        `a filter must be {column: a category, exclude: [texts]} or {column: a date, before: "now"}, but was ${shown(filter)}`,
      );
    }
  }
}

function checkBoosting(spec: BoostingSpec | null = {}): void {
  const { features = 1, slates = 1, leaves = 2, ...others } = spec ?? { features: Number.NaN };
  const isShare = (value: number) => Number.isFinite(value) && value > 0 && value <= 1;
  const fits =
    isShare(features) &&
    isShare(slates) &&
    Number.isInteger(leaves) &&
    leaves >= 2 &&
    leaves <= 64 &&
    Object.keys(others).length === 0;
  if (!fits)
    throw bad(
      `training.boosting may have features and slates (shares above 0 and up to 1) and leaves (2 to 64), but was ${shown(spec)}`,
    );
}

function checkTraining(spec: TrainingSpec): TrainingSpec {
  if (spec.objective !== 'listwise' && spec.objective !== 'pointwise')
    throw bad(`training.objective must be listwise or pointwise, but was ${shown(spec.objective)}`);
  if (!(Number.isFinite(spec.l2) && spec.l2 >= 0))
    throw bad(`training.l2 must be 0 or more, but was ${shown(spec.l2)}`);
  const { crossShrinkage = 1 } = spec;
  if (!(Number.isFinite(crossShrinkage) && crossShrinkage > 0))
    throw bad(`training.crossShrinkage must be above 0, but was ${shown(crossShrinkage)}`);
  checkBoosting(spec.boosting);
  if (!Object.values(spec.reward ?? 'none').every(Number.isFinite))
    throw bad(`training.reward must give a number per event type, but was ${shown(spec.reward)}`);
  if (!POSITION_BIAS.includes(spec.position))
    throw bad(
      `training.position must be one of ${POSITION_BIAS.join(', ')}, but was ${shown(spec.position)}`,
    );
  if (spec.position === 'propensity' && spec.objective !== 'listwise')
    throw bad('training.position propensity needs the listwise objective');
  return spec;
}
