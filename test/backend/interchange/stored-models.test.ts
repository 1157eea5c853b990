import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ForeignModel } from '../../../backend/interchange/foreign-model.ts';
import { forestOf } from '../../../backend/interchange/forest-of.ts';
import { readLightgbm } from '../../../backend/interchange/lightgbm/read-lightgbm.ts';
import { readUbjson } from '../../../backend/interchange/xgboost/read-ubjson.ts';
import {
  parseXgboostJson,
  readXgboost,
} from '../../../backend/interchange/xgboost/read-xgboost.ts';
import { parseItemId } from '../../../shared/domain/ids.ts';
import { bucketCount } from '../../../shared/features/schema.ts';
import { UNITS_PER_POINT } from '../../../shared/score/fixed-point.ts';
import { finalUnits } from '../../../shared/score/rerank.ts';
import { treesUnits } from '../../../shared/score/trees.ts';
import { encodeItem } from '../../oracle/encode.ts';
import { nearlyModels } from '../../oracle/peers/nearly-models.ts';
import { nearlyRawModels, RAW } from '../../oracle/peers/raw-columns.ts';
import { distance, importedForest, PARENT, POINTS } from './support/read-model.ts';
import { SCHEMA } from './support/trained-rows.ts';

/** Models that LightGBM and XGBoost made, with what they predict themselves: these tests need neither. */
const FOLDER = new URL('../../fixtures/models/', import.meta.url);
const bytesOf = (file: string) => new Uint8Array(readFileSync(new URL(file, FOLDER)));
const textOf = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8');

interface Stored<Row> {
  readonly missing: 'zero' | 'nan';
  /** Raw, one per row. */
  readonly predictions: readonly number[];
  readonly rows: readonly Row[];
}
const stored = <Row>(name: string): Stored<Row> => JSON.parse(textOf(`${name}.rows.json`));

const lightgbm = (name: string) => readLightgbm(textOf(`${name}.txt`)).model;

/** Relative: half a unit in the last place of the 32-bit floats that XGBoost adds up. */
const FLOAT32 = 2 ** -24;

const ON_CODES: readonly (readonly [
  file: string,
  rows: string,
  model: () => ForeignModel,
  float32: number,
])[] = [
  ...['lightgbm-binary', 'lightgbm-categories', 'lightgbm-lambdarank'].map(
    (name) => [`${name}.txt`, name, () => lightgbm(name), 0] as const,
  ),
  [
    'xgboost-binary.json',
    'xgboost-binary',
    () => readXgboost(parseXgboostJson(textOf('xgboost-binary.json'))),
    FLOAT32,
  ],
  [
    'xgboost-binary.ubj',
    'xgboost-binary',
    () => readXgboost(readUbjson(bytesOf('xgboost-binary.ubj'))),
    FLOAT32,
  ],
];

describe('stored models on codes', () => {
  test.each(ON_CODES)(
    '%s: the edge scores as the library predicts, and a model with any test a step off does not',
    (_, name, read, float32) => {
      const { missing, predictions, rows } = stored<number[]>(name);
      const model = read();
      const apart = (other: ForeignModel) =>
        distance(
          importedForest(other, { missing }),
          predictions,
          (row) => rows[row],
          model.trees.length,
          float32,
        );
      expect(apart(model).excess).toBeLessThanOrEqual(0);
      expect(apart(model).turned).toBe(0);
      const others = nearlyModels(model, (feature) =>
        Array.from({ length: bucketCount(SCHEMA.features[feature]) }, (__, code) =>
          code === 0 && missing === 'nan' ? Number.NaN : code,
        ),
      );
      expect(others.length).toBeGreaterThan(2 * 3 * model.trees.length);
      for (const { difference, model: other } of others)
        expect(apart(other).excess, difference).toBeGreaterThan(0);
    },
  );
});

/** Missing values go left, and all others by the threshold, to leaves of 1 and −1. */
const xgboostTest = (feature: string, threshold: string) =>
  readXgboost(
    parseXgboostJson(
      JSON.stringify({
        learner: {
          learner_model_param: { base_score: '0', num_feature: '1' },
          objective: { name: 'reg:squarederror' },
          gradient_booster: {
            name: 'gbtree',
            model: {
              trees: [
                {
                  left_children: [1, -1, -1],
                  right_children: [2, -1, -1],
                  split_indices: [0, 0, 0],
                  split_conditions: ['threshold', 1, -1],
                  default_left: [1, 0, 0],
                  tree_param: {},
                },
              ],
            },
          },
          feature_names: [feature],
        },
      }).replace('"threshold"', threshold),
    ),
  );

describe('tests for missing values alone', () => {
  const sidesOf = (model: ForeignModel, trainedOn: 'codes' | 'raw', feature: number) => {
    const scorer = importedForest(model, { trainedOn, missing: 'nan' });
    return Array.from({ length: bucketCount(SCHEMA.features[feature]) }, (_, bucket) => {
      const codes = new Uint8Array(SCHEMA.features.length);
      codes[feature] = bucket;
      return finalUnits(scorer, codes) / UNITS_PER_POINT / POINTS;
    });
  };
  test.each(['codes', 'raw'] as const)('infinite thresholds of XGBoost, on %s', (trainedOn) => {
    const name = trainedOn === 'raw' ? 'price' : 'price level';
    const size = bucketCount(SCHEMA.features[0]);
    const others = (side: number) => [1, ...Array.from({ length: size - 1 }, () => side)];
    expect(sidesOf(xgboostTest(name, '-Infinity'), trainedOn, 0)).toEqual(others(-1));
    expect(sidesOf(xgboostTest(name, 'Infinity'), trainedOn, 0)).toEqual(others(1));
  });

  test('a threshold that is no number is refused', () => {
    for (const threshold of ['NaN', 'null'])
      expect(() => xgboostTest('price level', threshold)).toThrow('has no threshold at node 0');
  });
});

test('categories of LightGBM that are no lists are refused in a sentence', () => {
  const text = textOf('lightgbm-raw.txt');
  expect(text).toMatch(/^pandas_categorical:\[\[/m);
  for (const damaged of [
    'pandas_categorical:[[',
    'pandas_categorical:{}',
    'pandas_categorical:[1]',
  ])
    expect(() => readLightgbm(text.replace(/^pandas_categorical:.*$/m, damaged))).toThrow(
      'the line "pandas_categorical:" of the LightGBM model is no list of lists',
    );
});

type RawRow = readonly (number | string | null)[];

/** By the product's schema, from the values that the library was given. */
function codesOfRaw(row: RawRow): number[] {
  const value = Object.fromEntries(RAW.map((name, i) => [name, row[i] ?? undefined]));
  const { price, country, rating, device, party, hour } = value;
  return encodeItem(SCHEMA, 0, {
    items: [{ id: parseItemId('item'), attributes: known({ price, country, rating }) }],
    ordered: false,
    visit: { preferences: {}, context: known({ device, party }), recent: [] },
    nowMs: Date.UTC(2026, 0, 15, hour as number),
  });
}

const known = (values: Readonly<Record<string, string | number | undefined>>) =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

describe('stored models on raw columns', () => {
  test('thresholds at the edges: the edge scores as LightGBM predicts, and no model a step off does', () => {
    const { predictions, rows } = stored<RawRow>('lightgbm-raw-at-edges');
    const codes = rows.map(codesOfRaw);
    const model = lightgbm('lightgbm-raw-at-edges');
    const apart = (other: ForeignModel) =>
      distance(
        importedForest(other, { trainedOn: 'raw' }),
        predictions,
        (row) => codes[row],
        model.trees.length,
      );
    expect(apart(model).excess).toBeLessThanOrEqual(0);
    expect(apart(model).turned).toBe(0);
    const others = nearlyRawModels(model);
    expect(others.length).toBeGreaterThan(2 * 3 * model.trees.length);
    for (const { difference, model: other } of others)
      expect(apart(other).excess, difference).toBeGreaterThan(0);
  });

  test('thresholds within buckets are refused, with the feature, the threshold and the nearest edge', () => {
    const model = lightgbm('lightgbm-raw');
    expect(() => importedForest(model, { trainedOn: 'raw' })).toThrow(
      'the model\'s feature "price" does not fit the schema: feature price level: its threshold 295.50000000000006 is no edge of the buckets (the nearest is 200.25); train on the codes, or move thresholds to the nearest edge by --nearest-edge',
    );
  });

  test('moved to the nearest edges: scores are those of LightGBM where both agree on the bucket', () => {
    const { predictions, rows } = stored<RawRow>('lightgbm-raw');
    const model = lightgbm('lightgbm-raw');
    const { scorer, moved } = forestOf(model, PARENT, {
      trainedOn: 'raw',
      missing: 'zero',
      nearestEdge: true,
      points: POINTS,
      rerank: { depth: 200, adds: false },
      name: 'moved',
    });
    const columns = new Map([['price level', 'price']]);
    const agrees = (row: RawRow) =>
      moved.every(({ feature, from, to }) => {
        const at = RAW.findIndex((name) => name === (columns.get(feature) ?? feature));
        const value = row[at] as number | null;
        return value === null || value <= from === value <= to;
      });
    const off = rows.map((row, i) =>
      Math.abs(
        treesUnits(scorer.trees, codesOfRaw(row)) / UNITS_PER_POINT - predictions[i] * POINTS,
      ),
    );
    const allowed = model.trees.length * 2 ** -17 + 1e-9;
    const [same, other] = [true, false].map((side) =>
      off.filter((_, i) => agrees(rows[i]) === side),
    );
    expect(new Set(moved.map(({ feature }) => feature))).toEqual(
      new Set(['price level', 'rating', 'party']),
    );
    expect(same.length).toBeGreaterThan(20);
    expect(Math.max(...same)).toBeLessThanOrEqual(allowed);
    // It is the moved thresholds that change predictions.
    expect(other.length).toBeGreaterThan(10);
    expect(Math.max(...other)).toBeGreaterThan(1);
  });
});
