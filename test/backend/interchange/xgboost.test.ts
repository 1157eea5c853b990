import { describe, expect, test } from 'vitest';
import {
  parseXgboostJson,
  readXgboost,
} from '../../../backend/interchange/xgboost/read-xgboost.ts';
import { readUbjson } from '../../../backend/interchange/xgboost/read-ubjson.ts';
import { rowMajor, unlessXgboost, Xgboost } from '../../oracle/peers/xgboost.ts';
import { needs } from '../../support/needs.ts';
import { distance, importedForest } from './support/read-model.ts';
import { ITEMS_PER_SLATE, randomRows, SCHEMA } from './support/trained-rows.ts';

const peer = needs(unlessXgboost);
const ROWS = 10_000;
const COLUMNS = SCHEMA.features.length;
const COMMON = { max_depth: '5', eta: '0.2', tree_method: 'hist', nthread: '1' };

interface Case {
  readonly parameters: Readonly<Record<string, string>> & { readonly objective: string };
  readonly nan?: boolean;
  readonly types?: readonly string[];
}

const CASES: readonly Case[] = [
  { parameters: { objective: 'binary:logistic', base_score: '0.3' } },
  { parameters: { objective: 'binary:logistic', booster: 'dart', rate_drop: '0.3' }, nan: true },
  { parameters: { objective: 'binary:logitraw', base_score: '0.3' } },
  { parameters: { objective: 'reg:logistic', base_score: '0.3' } },
  { parameters: { objective: 'binary:hinge', base_score: '0.3' } },
  { parameters: { objective: 'reg:squaredlogerror', base_score: '0.3' } },
  { parameters: { objective: 'reg:pseudohubererror', base_score: '0.3' } },
  { parameters: { objective: 'reg:tweedie', base_score: '0.3' } },
  { parameters: { objective: 'rank:map', base_score: '0.3' } },
  { parameters: { objective: 'rank:ndcg' }, nan: true },
  { parameters: { objective: 'rank:pairwise' } },
  { parameters: { objective: 'reg:squarederror' } },
  { parameters: { objective: 'count:poisson' }, nan: true },
  {
    parameters: { objective: 'binary:logistic', max_cat_to_onehot: '4' },
    types: ['q', 'c', 'c', 'q', 'q', 'q', 'q', 'q'],
    nan: true,
  },
  {
    parameters: { objective: 'rank:ndcg', max_cat_to_onehot: '32' },
    types: ['q', 'c', 'c', 'q', 'c', 'q', 'q', 'q'],
    nan: true,
  },
];
const TREES = 25;
/** Half a unit in the last place of a 32-bit float, per addition. */
const FLOAT32 = 2 ** -24;

describe(`models of XGBoost${peer.why}`, () => {
  const rows = randomRows(SCHEMA, ROWS, 7);
  test
    .skipIf(peer.absent)
    .each(CASES.map((one, i) => [`${one.parameters.objective} ${i}`, one] as const))(
    'the edge scores as XGBoost predicts, from JSON and UBJSON: %s',
    (_, { parameters, nan = false, types }) => {
      const dense = rowMajor({ rows: ROWS, features: COLUMNS, codes: rows.codes });
      const matrix = nan ? dense.map((value) => (value === 0 ? Number.NaN : value)) : dense;
      const booster = new Xgboost(
        { rows: ROWS, features: COLUMNS, codes: rows.codes },
        matrix,
        Float32Array.from(rows.labels),
        { ...COMMON, ...parameters },
        {
          names: SCHEMA.features.map(({ name }) => name),
          ...(parameters.objective.startsWith('rank') && {
            groups: new Uint32Array(ROWS / ITEMS_PER_SLATE).fill(ITEMS_PER_SLATE),
          }),
          ...(types && { types }),
        },
      );
      try {
        for (let tree = 0; tree < TREES; tree++) booster.update();
        // For training rows XGBoost keeps sums that dropped trees are still part of.
        const predictions = booster.scores({ count: ROWS, matrix });
        const json = parseXgboostJson(new TextDecoder().decode(booster.save('json')));
        const model = readXgboost(json);
        expect(model.trees).toHaveLength(TREES);
        expect(model.features).toEqual(SCHEMA.features.map(({ name }) => name));
        const options = { missing: nan ? 'nan' : 'zero' } as const;
        const scorer = importedForest(model, options);
        const found = distance(scorer, predictions, rows.codesOf, TREES, FLOAT32);
        expect(found.excess).toBeLessThanOrEqual(0);
        expect(found.turned).toBe(0);
        expect(importedForest(readXgboost(readUbjson(booster.save('ubj'))), options)).toEqual(
          scorer,
        );
      } finally {
        booster.close();
      }
    },
  );
});
