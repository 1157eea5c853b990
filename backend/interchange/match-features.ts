import { invalid } from '../../shared/domain/errors.ts';
import { nearest } from '../../shared/domain/nearest.ts';
import { bucketCount, type Schema } from '../../shared/features/schema.ts';
import type { ForeignModel, ForeignTest } from './foreign-model.ts';
import { readTest, seenCodes, seenRaw, type ReadTest, type SeenValues } from './seen-values.ts';

export interface MatchOptions {
  /** What the model was trained on: the codes of the log, or the values that features are made of. */
  readonly trainedOn: 'codes' | 'raw';
  /** What stood in the place of code 0. */
  readonly missing: 'zero' | 'nan';
  readonly nearestEdge: boolean;
}

/** A test as one of a feature of the schema. */
export interface MatchedTest extends ReadTest {
  readonly feature: number;
}

interface Candidate {
  readonly feature: number;
  readonly seen: SeenValues;
}

/** LightGBM puts `_` in the place of what JSON and its own files keep for themselves. */
export const plainName = (name: string): string => name.replaceAll(/[^\p{L}\p{N}_.-]/gu, '_');

/** Names that libraries give where nobody did. */
const isNumbered = (name: string, feature: number): boolean =>
  name === '' || name === `Column_${feature}` || name === `f${feature}`;

/**
 * Reads a model's tests as tests of the schema's buckets.
 * @throws ApiError 400 for a feature that the schema does not have, and for a test that divides a bucket.
 */
export function featureMatcher(
  model: Pick<ForeignModel, 'features' | 'texts' | 'isFloat32'>,
  schema: Schema,
  options: MatchOptions,
): (test: ForeignTest) => MatchedTest {
  const candidates = new Map<number, readonly Candidate[]>();
  const candidatesOf = (feature: number): readonly Candidate[] => {
    const known = candidates.get(feature) ?? find(model.features, feature, schema, options);
    candidates.set(feature, known);
    return known;
  };
  return (test) => {
    const reading = {
      isFloat32: model.isFloat32,
      texts: model.texts[test.feature],
      nearestEdge: options.nearestEdge,
    };
    let problem = '';
    let moved: MatchedTest | undefined;
    for (const { feature, seen } of candidatesOf(test.feature)) {
      const read = readTest(test, seen, bucketCount(schema.features[feature]), reading);
      if (typeof read === 'string') problem ||= `feature ${schema.features[feature].name}: ${read}`;
      else if (read.moved === undefined) return { feature, ...read };
      else moved ??= { feature, ...read };
    }
    if (moved !== undefined) return moved;
    throw invalid(
      `the model's feature "${nameOf(model.features, test.feature)}" does not fit the schema: ${problem}${options.nearestEdge || !problem.includes('no edge') ? '' : '; train on the codes, or move thresholds to the nearest edge by --nearest-edge'}`,
    );
  };
}

const nameOf = (names: readonly string[], feature: number) => names[feature] || `number ${feature}`;

function find(
  names: readonly string[],
  feature: number,
  schema: Schema,
  { trainedOn, missing }: MatchOptions,
): readonly Candidate[] {
  const name = names[feature];
  if (trainedOn === 'raw') {
    const found = schema.features.flatMap((spec, i) => {
      const raw = seenRaw(spec);
      return raw !== undefined && (raw.column === name || plainName(raw.column) === name)
        ? [{ feature: i, seen: raw.seen }]
        : [];
    });
    if (found.length > 0) return found;
    throw invalid(
      `the model asks for "${nameOf(names, feature)}", and no feature of schema ${schema.name} makes its buckets of that value alone: features of the kinds quantile, category, context and request-time do`,
    );
  }
  const exact = schema.features.findIndex(
    // An export puts `.code` behind the name of a feature that is called like another column.
    (spec) => spec.name === name || `${spec.name}.code` === name,
  );
  const plain = schema.features.flatMap((spec, i) => (plainName(spec.name) === name ? [i] : []));
  const isByNumber = isNumbered(name, feature) && names.length === schema.features.length;
  const at = exact >= 0 ? exact : plain.length === 1 ? plain[0] : isByNumber ? feature : -1;
  if (at >= 0) return [{ feature: at, seen: seenCodes(bucketCount(schema.features[at]), missing) }];
  if (isNumbered(name, feature))
    throw invalid(
      `the model's features have no names, and are ${names.length}, but schema ${schema.name} has ${schema.features.length} features: train with the names of the features`,
    );
  const meant = nearest(
    name,
    schema.features.map((spec) => spec.name),
  );
  throw invalid(
    `the model asks for "${name}", but schema ${schema.name} has no such feature${meant === undefined ? '' : `: did it mean "${meant}"?`}; a model of raw columns is read with --raw`,
  );
}
