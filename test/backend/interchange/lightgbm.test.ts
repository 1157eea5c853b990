import { describe, expect, test } from 'vitest';
import type { MatchOptions } from '../../../backend/interchange/match-features.ts';
import { plainName } from '../../../backend/interchange/match-features.ts';
import { readLightgbm } from '../../../backend/interchange/lightgbm/read-lightgbm.ts';
import { predict } from '../../../backend/interchange/foreign-model.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { askPython, unlessPeers } from '../../oracle/peers/python.ts';
import { needs } from '../../support/needs.ts';
import { distance, importedForest } from './support/read-model.ts';
import { ITEMS_PER_SLATE, randomRows, SCHEMA, type Rows } from './support/trained-rows.ts';

const peers = needs(unlessPeers());
const ROWS = 10_000;
const NAMES = SCHEMA.features.map(({ name }) => plainName(name));

interface Case {
  readonly parameters: Readonly<Record<string, unknown>> & { readonly objective: string };
  readonly trees: number;
  readonly categorical?: readonly number[];
  readonly nan?: boolean;
  readonly raw?: boolean;
}

const lightgbm = (cases: readonly Case[], rows: Rows, raw?: Float64Array) =>
  askPython<{ models: string[] }>(
    'lightgbm_models',
    {
      rows: rows.rows,
      features: NAMES.length,
      options: { names: NAMES, slate: ITEMS_PER_SLATE, cases },
    },
    { 'codes.u8': rows.codes, 'labels.f64': rows.labels, ...(raw && { 'raw.f64': raw }) },
  );

const CASES: readonly Case[] = [
  { parameters: { objective: 'binary', num_leaves: 31 }, trees: 50 },
  { parameters: { objective: 'binary', num_leaves: 31, sigmoid: 0.5 }, trees: 20, nan: true },
  { parameters: { objective: 'lambdarank', num_leaves: 15 }, trees: 30, nan: true },
  { parameters: { objective: 'rank_xendcg', num_leaves: 15, seed: 3 }, trees: 30 },
  { parameters: { objective: 'regression', zero_as_missing: true }, trees: 30 },
  { parameters: { objective: 'regression_l1', use_missing: false }, trees: 20, nan: true },
  { parameters: { objective: 'binary', boosting: 'dart', seed: 3 }, trees: 30 },
  {
    parameters: { objective: 'binary', num_leaves: 15, min_data_per_group: 10, cat_smooth: 1 },
    trees: 25,
    categorical: [1, 2, 7],
    nan: true,
  },
  {
    parameters: { objective: 'lambdarank', num_leaves: 15, max_cat_to_onehot: 32 },
    trees: 25,
    categorical: [1, 2, 4],
  },
];

describe(`models of LightGBM on codes${peers.why}`, () => {
  test.skipIf(peers.absent)(
    'the edge scores as LightGBM predicts, to the rounding of its fixed point',
    async () => {
      const rows = randomRows(SCHEMA, ROWS, 7);
      const { answer, scores } = await lightgbm(CASES, rows);
      CASES.forEach(({ nan = false, trees, parameters }, i) => {
        const { model } = readLightgbm(answer.models[i]);
        expect(model.trees).toHaveLength(trees);
        const scorer = importedForest(model, { missing: nan ? 'nan' : 'zero' });
        const predictions = scores.subarray(i * ROWS, (i + 1) * ROWS);
        const found = distance(scorer, predictions, rows.codesOf, trees);
        expect(found.excess, parameters.objective).toBeLessThanOrEqual(0);
        expect(found.turned, parameters.objective).toBe(0);
        const slope = { binary: Number(parameters.sigmoid ?? 1) / 20 }[parameters.objective];
        expect(scorer.calibration.slope).toBe(slope ?? 1);
      });
    },
  );

  test.skipIf(peers.absent)('a random forest is the mean of its trees', async () => {
    const rows = randomRows(SCHEMA, ROWS, 8);
    const forest = { objective: 'binary', boosting: 'rf', bagging_freq: 1, bagging_fraction: 0.6 };
    const { answer, scores } = await lightgbm([{ parameters: forest, trees: 20 }], rows);
    const scorer = importedForest(readLightgbm(answer.models[0]).model);
    const means = scores.map((sum) => sum / 20);
    expect(distance(scorer, means, rows.codesOf, 20)).toMatchObject({ turned: 0 });
    expect(distance(scorer, means, rows.codesOf, 20).excess).toBeLessThanOrEqual(0);
  });
});

/** Raw values whose buckets are the codes: each bucket has one value in the middle and one at its upper edge. */
function rawOf(rows: Rows): Float64Array {
  const raw = new Float64Array(rows.codes.length);
  const random = seededRandom(11);
  for (let row = 0; row < rows.rows; row++)
    SCHEMA.features.forEach((spec, feature) => {
      const code = rows.codes[feature * rows.rows + row];
      let value = code;
      if (code === 0) value = Number.NaN;
      else if ('edges' in spec && spec.edges !== undefined) {
        const [low, high] = [spec.edges[code - 2], spec.edges[code - 1]];
        value = high ?? low + 1;
        if (low !== undefined && high !== undefined && random() < 0.5) value = (low + high) / 2;
      } else if (spec.kind === 'request-time') value = code - 1;
      raw[row * SCHEMA.features.length + feature] = value;
    });
  return raw;
}

const RAW_NAMES = ['price', 'country', 'device', 'hour', 'tags', 'rating', 'party', 'both'];

describe(`models of LightGBM on raw columns${peers.why}`, () => {
  const trained = async (parameters: Readonly<Record<string, unknown>>) => {
    const rows = randomRows(SCHEMA, ROWS, 9);
    const asked = new Set([0, 3, 5, 6]);
    // Columns that are not asked for are constant.
    const raw = rawOf(rows).map((value, i) => (asked.has(i % RAW_NAMES.length) ? value : 0));
    const { answer } = await askPython<{ models: string[] }>(
      'lightgbm_models',
      {
        rows: ROWS,
        features: RAW_NAMES.length,
        options: {
          names: RAW_NAMES,
          slate: ITEMS_PER_SLATE,
          cases: [{ parameters: { objective: 'binary', ...parameters }, trees: 30, raw: true }],
        },
      },
      { 'codes.u8': rows.codes, 'labels.f64': rows.labels, 'raw.f64': raw },
    );
    return { rows, model: readLightgbm(answer.models[0]).model };
  };
  const raw: Partial<MatchOptions> = { trainedOn: 'raw' };

  test.skipIf(peers.absent)(
    'a threshold within a bucket is refused with the nearest edge',
    async () => {
      const { model } = await trained({});
      expect(() => importedForest(model, raw)).toThrow(
        /feature .*: its threshold .* is no edge of the buckets \(the nearest is .*--nearest-edge/,
      );
      expect(importedForest(model, { ...raw, nearestEdge: true }).kind).toBe('forest');
    },
  );

  test.skipIf(peers.absent)('thresholds at the edges are tests of buckets', async () => {
    const { rows, model } = await trained({});
    // As a training has them whose bins were made at the edges (`forcedbins_filename`).
    const edgesOf = [
      SCHEMA.features[0],
      undefined,
      undefined,
      undefined,
      undefined,
      SCHEMA.features[5],
      SCHEMA.features[6],
    ];
    const move = (node: (typeof model.trees)[number]): (typeof model.trees)[number] => {
      if (typeof node === 'number' || node.test.kind !== 'number') return node;
      const spec = edgesOf[node.test.feature];
      const { threshold } = node.test;
      const edges = spec !== undefined && 'edges' in spec ? (spec.edges as readonly number[]) : [];
      const below = edges.findLast((edge) => edge <= threshold) ?? edges[0] ?? threshold;
      return {
        test: { ...node.test, threshold: below },
        left: move(node.left),
        right: move(node.right),
      };
    };
    const moved = { ...model, trees: model.trees.map(move) };
    const scorer = importedForest(moved, raw);
    const own = rawOf(rows);
    const predictions = Float64Array.from({ length: ROWS }, (_, row) =>
      predict(moved, own.subarray(row * RAW_NAMES.length, (row + 1) * RAW_NAMES.length)),
    );
    const found = distance(scorer, predictions, rows.codesOf, 30);
    expect(found.excess).toBeLessThanOrEqual(0);
    expect(found.turned).toBe(0);
  });
});
