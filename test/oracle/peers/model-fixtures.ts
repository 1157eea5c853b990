import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { predict, type ForeignModel } from '../../../backend/interchange/foreign-model.ts';
import { readLightgbm } from '../../../backend/interchange/lightgbm/read-lightgbm.ts';
import { plainName } from '../../../backend/interchange/match-features.ts';
import {
  parseXgboostJson,
  readXgboost,
} from '../../../backend/interchange/xgboost/read-xgboost.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { bucketCount } from '../../../shared/features/schema.ts';
import {
  ITEMS_PER_SLATE,
  randomRows,
  SCHEMA,
} from '../../backend/interchange/support/trained-rows.ts';
import { nearlyModels, type NearlyModel } from './nearly-models.ts';
import { askPython } from './python.ts';
import { nearlyRawModels, RAW, RAW_EDGES, RAW_TEXTS } from './raw-columns.ts';
import { rowMajor, Xgboost } from './xgboost.ts';

/**
 * Makes test/fixtures/models: small models of LightGBM and XGBoost, each with rows and the library's raw predictions for them, so that tests hold
 * without the libraries. The rows are chosen so that a model with any one test off by a step predicts another number for one of them.
 * Started as its README says.
 */
const FOLDER = fileURLToPath(new URL('../../fixtures/models/', import.meta.url));
const SEED = 62;
const ROWS = 5000;
/** Rows that are there whatever they tell. */
const FIRST_ROWS = 40;
const TREES = 4;

const sizes = SCHEMA.features.map(bucketCount);
const rows = randomRows(SCHEMA, ROWS, SEED);
const missingAs = (nan: boolean) => (code: number) => (nan && code === 0 ? Number.NaN : code);

function write(name: string, made: object, kept: readonly number[], row: (at: number) => unknown) {
  const lines = kept.map((at) => JSON.stringify(row(at))).join(',\n');
  const head = JSON.stringify(made).slice(0, -1);
  writeFileSync(`${FOLDER}${name}.rows.json`, `${head},"rows":[\n${lines}\n]}\n`);
}

/** The first rows, and one for each nearly equal model. @throws Error where none tells one from the model. */
function telling(
  name: string,
  model: ForeignModel,
  others: readonly NearlyModel[],
  valuesOf: (row: number) => ArrayLike<number>,
  firstRows = FIRST_ROWS,
): number[] {
  const own = Array.from({ length: ROWS }, (_, row) => predict(model, valuesOf(row)));
  const kept = new Set(Array.from({ length: firstRows }, (_, row) => row));
  for (const { difference, model: other } of others) {
    const tells = (row: number) => Math.abs(predict(other, valuesOf(row)) - own[row]) > 1e-4;
    if ([...kept].some(tells)) continue;
    const found = own.findIndex((_, row) => tells(row));
    if (found < 0) throw new Error(`${name}: no row tells ${difference}`);
    kept.add(found);
  }
  return [...kept].toSorted((a, b) => a - b);
}

/** Without the path of a file that is gone: the same each time it is made. */
function writeText(name: string, text: string): void {
  const same = text.replace(/^\[forcedbins_filename: .+\]$/m, '[forcedbins_filename: bins.json]');
  writeFileSync(`${FOLDER}${name}.txt`, same);
}

interface LightgbmAnswer {
  readonly models: readonly string[];
  readonly version: string;
}

async function lightgbmOnCodes(): Promise<void> {
  const common = { num_leaves: 7, seed: SEED };
  const cases = [
    { name: 'lightgbm-binary', parameters: { ...common, objective: 'binary' } },
    {
      name: 'lightgbm-categories',
      parameters: { ...common, objective: 'binary', min_data_per_group: 10, cat_smooth: 1 },
      categorical: [1, 2],
      nan: true,
    },
    { name: 'lightgbm-lambdarank', parameters: { ...common, objective: 'lambdarank' }, nan: true },
  ].map((one) => ({ nan: false, ...one, trees: TREES }));
  const names = SCHEMA.features.map(({ name }) => plainName(name));
  const { answer, scores } = await askPython<LightgbmAnswer>(
    'lightgbm_models',
    {
      rows: ROWS,
      features: names.length,
      options: { names, slate: ITEMS_PER_SLATE, cases },
    },
    { 'codes.u8': rows.codes, 'labels.f64': rows.labels },
  );
  cases.forEach(({ name, nan }, i) => {
    writeText(name, answer.models[i]);
    const { model } = readLightgbm(answer.models[i]);
    onCodes(name, model, nan, `LightGBM ${answer.version}`, (row) => scores[i * ROWS + row]);
  });
}

function onCodes(
  name: string,
  model: ForeignModel,
  nan: boolean,
  library: string,
  prediction: (row: number) => number,
): void {
  const seen = (codes: Iterable<number>) => Array.from(codes, missingAs(nan));
  const others = nearlyModels(model, (feature) => seen(Array(sizes[feature]).keys()));
  const values = Array.from({ length: ROWS }, (_, row) => seen(rows.codesOf(row)));
  const kept = telling(name, model, others, (row) => values[row]);
  const made = { library, missing: nan ? 'nan' : 'zero', predictions: kept.map(prediction) };
  write(name, made, kept, (row) => [...rows.codesOf(row)]);
}

function xgboostOnCodes(): void {
  const columns = { rows: ROWS, features: sizes.length, codes: rows.codes };
  const matrix = rowMajor(columns).map(missingAs(true));
  const booster = new Xgboost(
    columns,
    matrix,
    Float32Array.from(rows.labels),
    {
      objective: 'binary:logistic',
      base_score: '0.3',
      max_depth: '3',
      tree_method: 'hist',
      nthread: '1',
      max_cat_to_onehot: '4',
      seed: String(SEED),
    },
    {
      names: SCHEMA.features.map(({ name }) => name),
      types: sizes.map((_, feature) => (feature === 1 ? 'c' : 'q')),
    },
  );
  try {
    for (let tree = 0; tree < TREES; tree++) booster.update();
    const scores = booster.scores({ count: ROWS, matrix });
    const json = booster.save('json');
    writeFileSync(`${FOLDER}xgboost-binary.json`, json);
    writeFileSync(`${FOLDER}xgboost-binary.ubj`, booster.save('ubj'));
    const parsed = parseXgboostJson(new TextDecoder().decode(json));
    const version = (parsed as { version: readonly number[] }).version.join('.');
    const model = readXgboost(parsed);
    onCodes('xgboost-binary', model, true, `XGBoost ${version}`, (row) => scores[row]);
  } finally {
    booster.close();
  }
}

const RAW_FIRST_ROWS = 80;

async function lightgbmOnRaw(): Promise<void> {
  const random = seededRandom(SEED);
  const draw = {
    price: () => Math.round(25 * Math.exp(random() * 4)),
    country: () => Math.floor(random() * RAW_TEXTS.country.length),
    device: () => Math.floor(random() * RAW_TEXTS.device.length),
    hour: () => Math.floor(random() * 24),
    rating: () => Math.round(random() * 400 + 1) / 100,
    party: () => Math.floor(random() * 7),
  };
  const raw = new Float64Array(ROWS * RAW.length);
  const labels = new Float64Array(ROWS);
  for (let row = 0; row < ROWS; row++) {
    const own = Object.entries(draw).map(([name, value]) =>
      name !== 'hour' && random() < 0.1 ? Number.NaN : value(),
    );
    raw.set(own, row * RAW.length);
    const [price, country, device, hour, rating, party] = own.map((value) => value || 0);
    const taste = Math.sin(price / 90) + (country % 3) - (device === 1 ? 1 : 0);
    labels[row] = Number(taste + Math.cos(hour / 4) + rating / 3 + party / 5 + random() > 2);
  }
  const parameters = { objective: 'binary', num_leaves: 9, min_data_per_group: 10, seed: SEED };
  const common = { parameters, trees: 5, raw: true, texts: RAW_TEXTS };
  const { answer, scores } = await askPython<LightgbmAnswer>(
    'lightgbm_models',
    {
      rows: ROWS,
      features: RAW.length,
      options: { names: RAW, cases: [common, { ...common, edges: RAW_EDGES }] },
    },
    { 'codes.u8': new Uint8Array(raw.length), 'labels.f64': labels, 'raw.f64': raw },
  );
  const texts: Readonly<Record<string, readonly string[]>> = RAW_TEXTS;
  const rawRow = (row: number) => raw.subarray(row * RAW.length, (row + 1) * RAW.length);
  const textRow = (row: number) =>
    Array.from(rawRow(row), (value, i) =>
      Number.isNaN(value) ? null : (texts[RAW[i]]?.[value] ?? value),
    );
  ['lightgbm-raw', 'lightgbm-raw-at-edges'].forEach((name, i) => {
    writeText(name, answer.models[i]);
    const { model } = readLightgbm(answer.models[i]);
    const others = i === 1 ? nearlyRawModels(model) : [];
    const kept = telling(name, model, others, rawRow, RAW_FIRST_ROWS);
    const predictions = kept.map((row) => scores[i * ROWS + row]);
    write(name, { library: `LightGBM ${answer.version}`, predictions }, kept, textRow);
  });
}

mkdirSync(FOLDER, { recursive: true });
await lightgbmOnCodes();
xgboostOnCodes();
await lightgbmOnRaw();
