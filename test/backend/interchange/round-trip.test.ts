import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importModel, type ImportOptions } from '../../../backend/interchange/import-model.ts';
import { writeLightgbm } from '../../../backend/interchange/lightgbm/write-lightgbm.ts';
import { writePoints } from '../../../backend/interchange/points-csv.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { bucketCount, parseSchema } from '../../../shared/features/schema.ts';
import { UNITS_PER_POINT } from '../../../shared/score/fixed-point.ts';
import { posteriorOf } from '../../../shared/score/posterior.ts';
import { finalUnits } from '../../../shared/score/rerank.ts';
import {
  additiveFromPoints,
  type AdditiveScorer,
  type Scorer,
} from '../../../shared/score/scorer.ts';
import { flatTrees, randomForest } from '../../oracle/random-rerankers.ts';
import { askPython, unlessPeers } from '../../oracle/peers/python.ts';
import { needs } from '../../support/needs.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { PARENT } from './support/read-model.ts';
import { randomRows, SCHEMA } from './support/trained-rows.ts';

const OPTIONS: ImportOptions = {
  trainedOn: 'codes',
  missing: 'zero',
  nearestEdge: false,
  points: 20,
  depth: 200,
};

const random = seededRandom(5);
const points = Object.fromEntries(
  SCHEMA.features.map((spec) => [
    spec.name,
    Array.from(
      { length: bucketCount(spec) },
      () => Math.round((random() - 0.5) * 1e6) / UNITS_PER_POINT,
    ),
  ]),
);
const ADDITIVE: AdditiveScorer = {
  ...additiveFromPoints(SCHEMA, points, {
    version: RULES_VERSION,
    parent: RULES_VERSION,
    name: 'with crosses',
    calibration: { intercept: -1.5, slope: 0.05 },
    crosses: [
      {
        features: ['country', 'party'],
        points: Array.from({ length: 9 }, (_, x) =>
          Array.from({ length: 5 }, (__, y) => (x * y) / 8 - 1),
        ),
      },
    ],
  }),
};
const KNOWN: AdditiveScorer = {
  ...ADDITIVE,
  posterior: posteriorOf(SCHEMA, (feature, bucket) => feature + bucket / 4 + 0.5, ADDITIVE.crosses),
};
const forest = (adds: boolean): Scorer => {
  const { posterior: _, ...common } = ADDITIVE;
  return {
    ...common,
    kind: 'forest',
    rerank: { depth: 150, adds },
    trees: flatTrees(randomForest(SCHEMA, { trees: 30, leaves: 20, seed: 6 })),
  };
};
const VERSIONS: readonly (readonly [string, Scorer])[] = [
  ['additive', ADDITIVE],
  ['additive with a posterior', KNOWN],
  ['trees that replace the first pass', forest(false)],
  ['trees that add to it', forest(true)],
];

const imported = async (name: string, text: string): Promise<Scorer> => {
  const file = join(temporaryFolder(), name);
  await writeFile(file, text);
  const { scorer } = await importModel(file, PARENT, OPTIONS);
  return { ...scorer, version: RULES_VERSION };
};

test.each(VERSIONS)(
  '%s: exported as LightGBM and imported, it is what it was',
  async (_, scorer) => {
    const text = writeLightgbm(scorer);
    const read = await imported('model.txt', text);
    expect(writeLightgbm(read)).toBe(text);
    expect({ ...read, trees: undefined }).toEqual({ ...scorer, trees: undefined });
    const rows = randomRows(SCHEMA, 1000, 2);
    for (let row = 0; row < rows.rows; row++)
      expect(finalUnits(read, rows.codesOf(row))).toBe(finalUnits(scorer, rows.codesOf(row)));
  },
);

test('a file whose trees were changed is not read as what it was', async () => {
  const text = writeLightgbm(ADDITIVE);
  const changed = text.replace(/^leaf_value=\S+/m, 'leaf_value=99');
  await expect(imported('model.txt', changed)).rejects.toThrow(/changed since .*trimtab_/);
  const without = changed.replaceAll(/^trimtab_.*\n/gm, '');
  const read = await imported('model.txt', without);
  expect(read.kind).toBe('forest');
});

test.each([
  ['without', ADDITIVE],
  ['with', KNOWN],
])('points as a CSV and back, %s deviations', async (_, scorer) => {
  const text = writePoints(scorer);
  const read = await imported('points.csv', text);
  expect(read.weights).toEqual(scorer.weights);
  expect(read.crosses).toEqual(scorer.crosses);
  if (scorer.posterior !== undefined) expect(read).toMatchObject({ posterior: scorer.posterior });
  expect(writePoints({ ...read, posterior: scorer.posterior } as AdditiveScorer)).toBe(text);
});

test('no cell of a CSV is a formula, and names that look like one come back', async () => {
  const schema = parseSchema({
    name: 'formulas',
    columns: [{ name: 'c', type: 'category' }],
    features: [{ name: '=1+1', kind: 'category', column: 'c', values: ['@x', '-y', '"z", =a'] }],
  });
  const scorer = additiveFromPoints(
    schema,
    { '=1+1': [0, -1.5, 2] },
    { version: RULES_VERSION, name: 'x' },
  );
  const text = writePoints(scorer);
  const cells = text.split('\n').flatMap((line) => line.split(','));
  expect(cells.filter((cell) => /^"?[=+@\t]|^"?-\D/.test(cell))).toEqual([]);
  const file = join(temporaryFolder(), 'points.csv');
  await writeFile(file, text);
  const read = await importModel(file, scorer, OPTIONS);
  expect(read.scorer.weights).toEqual(scorer.weights);
});

const peers = needs(unlessPeers());
test.skipIf(peers.absent)(
  `LightGBM loads what was exported and predicts the score in points${peers.why}`,
  async () => {
    const rows = randomRows(SCHEMA, 10_000, 4);
    const { scores } = await askPython(
      'lightgbm_models',
      {
        rows: rows.rows,
        features: SCHEMA.features.length,
        options: { names: [], texts: VERSIONS.map(([, scorer]) => writeLightgbm(scorer)) },
      },
      { 'codes.u8': rows.codes, 'labels.f64': rows.labels },
    );
    VERSIONS.forEach(([name, scorer], i) => {
      for (let row = 0; row < rows.rows; row++) {
        const own = finalUnits(scorer, rows.codesOf(row)) / UNITS_PER_POINT;
        // Sums of whole units are exact in 64-bit floats as well.
        if (scores[i * rows.rows + row] !== own)
          expect.fail(`${name}, row ${row}: ${scores[i * rows.rows + row]}, not ${own}`);
      }
    });
  },
);
