import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from '../domain/canonical-json.ts';
import { ApiError } from '../domain/errors.ts';
import { isKind, kindOf } from './kinds/index.ts';
import type { FeatureSpec } from './kinds/kind.ts';

/** How an attribute is packed. `path` joins several attributes from the root down, e.g. continent, country. */
export interface ColumnSpec {
  readonly name: string;
  readonly type: 'category' | 'set' | 'number' | 'date' | 'path';
  readonly from?: readonly string[];
}

/** Items that may not be shown at all, whatever their score. */
export type FilterSpec =
  | { readonly column: string; readonly exclude: readonly string[] }
  | { readonly column: string; readonly before: 'now' };

/** What training must keep true of a feature's weights. */
export interface ConstraintSpec {
  readonly feature: string;
  /** Points; holds for each present bucket (1 and up). */
  readonly min?: number;
  readonly max?: number;
  /** Along buckets 1, 2, 3, … */
  readonly monotone?: 'increasing' | 'decreasing';
}

export interface ExplorationSpec {
  /** Softmax temperature of the slate draw, in points; 0 = always the best. */
  readonly temperature: number;
  /** Uniform floor on every slot's draw, 0..1. */
  readonly epsilon: number;
  /** How many of the best compete for the slate. */
  readonly poolSize: number;
}

/** How training is kept from mistaking a good slot for a good item. */
export const POSITION_BIAS = ['feature', 'propensity', 'given'] as const;
type PositionBias = (typeof POSITION_BIAS)[number];

export interface TrainingSpec {
  /** `listwise`: softmax over each slate. `pointwise`: logistic regression on each shown item. */
  readonly objective: 'listwise' | 'pointwise';
  /** Ridge strength per ranking, on log-odds, towards the prior. */
  readonly l2: number;
  /**
   * `feature`: the shown slot is an extra training feature, dropped when serving.
   * `propensity`: rewards are divided by how likely their slot was looked at, as the log tells; listwise only.
   * `given`: the slot is already a feature known when serving (the caller's own order).
   */
  readonly position: PositionBias;
  /** Metric → weight: the reward of a shown item is their sum, each event type counted once. */
  readonly reward: Readonly<Record<string, number>>;
}

/**
 * A catalogue's feature definitions, as data. The hash covers what decides codes (columns, features,
 * filters), so codes of equal hash mean the same thing; rules and training settings may change freely.
 */
export interface Schema {
  readonly name: string;
  readonly columns: readonly ColumnSpec[];
  readonly features: readonly FeatureSpec[];
  readonly filters: readonly FilterSpec[];
  readonly constraints: readonly ConstraintSpec[];
  /** Feature → points by bucket; what is not named is 0. These are the weights of `v000000`. */
  readonly rules: Readonly<Record<string, readonly number[]>>;
  readonly exploration: ExplorationSpec;
  readonly training: TrainingSpec;
  /** 16 hex digits. */
  readonly hash: string;
}

export const MAX_FEATURES = 64;
const MAX_FILTERS = 7;

const bad = (message: string) => new ApiError(400, 'invalid_schema', `schema: ${message}`);

/**
 * Reads a schema from parsed JSON and computes its hash.
 * @throws ApiError 400 `invalid_schema` naming the entry and the remedy.
 */
export function parseSchema(value: unknown): Schema {
  if (typeof value !== 'object' || value === null) throw bad('must be a JSON object');
  const raw = value as Partial<Schema>;
  if (typeof raw.name !== 'string' || !/^[a-z][a-z0-9-]{0,40}$/.test(raw.name)) {
    throw bad('name must be lower-case letters, digits and dashes');
  }
  const columns = list(raw.columns, 'columns');
  const filters = list(raw.filters ?? [], 'filters');
  const constraints = list(raw.constraints ?? [], 'constraints');
  unique(columns, 'columns');
  columns.forEach(checkColumn);
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
    hash: bytesToHex(sha256(utf8ToBytes(canonicalJson(core)))).slice(0, 16),
  };
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

export function featureIndex(schema: Pick<Schema, 'features' | 'name'>, name: string): number {
  const index = schema.features.findIndex((feature) => feature.name === name);
  if (index < 0) throw bad(`${schema.name} has no feature "${name}"`);
  return index;
}

export const bucketCount = (spec: FeatureSpec): number => kindOf(spec).size(spec);
/** What a bucket means, for people: `two or more`, `within +10 %`. */
export const bucketLabel = (spec: FeatureSpec, bucket: number): string =>
  bucket === 0 ? 'missing' : kindOf(spec).label(spec, bucket);

function list<T>(value: readonly T[] | undefined, name: string): readonly T[] {
  if (!Array.isArray(value)) throw bad(`${name} must be a list`);
  if (!value.every((entry) => typeof entry === 'object' && entry !== null))
    throw bad(`${name} must hold objects`);
  return value;
}

/** Feature by feature, as each may name earlier ones. */
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

/** A cross needs to know how many buckets its parts have; the file need not say. */
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

/** @throws ApiError 400 unless items can be packed by it. */
export function checkColumn({ name, type, from }: ColumnSpec): void {
  if (!['category', 'set', 'number', 'date', 'path'].includes(type)) {
    throw bad(`column ${name}: type must be category, set, number, date or path`);
  }
  if (from !== undefined && !(isTexts(from) && from.length > 0)) {
    throw bad(`column ${name}: from must list the attributes of the path, from the root down`);
  }
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
      `the constraint of ${feature} may have min and max (points) and monotone (increasing or decreasing), but was ${JSON.stringify({ min, max, monotone })}`,
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
    throw bad(`feature ${spec.name}: there is no kind "${String(spec.kind)}"`);
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
        `a filter must be {column: a category, exclude: [texts]} or {column: a date, before: "now"}, but was ${JSON.stringify(filter)}`,
      );
    }
  }
}

export function checkExploration(spec: ExplorationSpec): ExplorationSpec {
  const { temperature, epsilon, poolSize } = spec;
  if (!(temperature >= 0 && temperature < 1e6))
    throw bad(`exploration.temperature must be 0 or more, but was ${temperature}`);
  if (!(epsilon >= 0 && epsilon <= 1))
    throw bad(`exploration.epsilon must be 0 to 1, but was ${epsilon}`);
  if (!(Number.isInteger(poolSize) && poolSize >= 1 && poolSize <= 1000))
    throw bad(`exploration.poolSize must be 1 to 1000, but was ${poolSize}`);
  return spec;
}

function checkTraining(spec: TrainingSpec): TrainingSpec {
  if (spec.objective !== 'listwise' && spec.objective !== 'pointwise')
    throw bad('training.objective must be listwise or pointwise');
  if (!(spec.l2 >= 0)) throw bad(`training.l2 must be 0 or more, but was ${spec.l2}`);
  if (!Object.values(spec.reward ?? 'none').every(Number.isFinite))
    throw bad('training.reward must give a number per event type');
  if (!POSITION_BIAS.includes(spec.position))
    throw bad(`training.position must be one of ${POSITION_BIAS.join(', ')}`);
  if (spec.position === 'propensity' && spec.objective !== 'listwise')
    throw bad('training.position propensity needs the listwise objective');
  return spec;
}
