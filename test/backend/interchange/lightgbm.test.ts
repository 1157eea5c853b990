import { describe, expect, test } from 'vitest';
import { plainName } from '../../../backend/interchange/match-features.ts';
import { readLightgbm } from '../../../backend/interchange/lightgbm/read-lightgbm.ts';
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
}

const lightgbm = (cases: readonly Case[], rows: Rows) =>
  askPython<{ models: string[] }>(
    'lightgbm_models',
    {
      rows: rows.rows,
      features: NAMES.length,
      options: { names: NAMES, slate: ITEMS_PER_SLATE, cases },
    },
    { 'codes.u8': rows.codes, 'labels.f64': rows.labels },
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
