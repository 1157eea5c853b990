import koffi, { type LibraryHandle } from 'koffi';
import type { CodeMatrix } from '../../../backend/science/learn/code-matrix.ts';
import { rowsOf, takeColumns, takeLabels, type Tool } from './task.ts';

/** XGBoost's C interface (Debian's libxgboost0), as an oracle of tests and benchmarks alone. */
const LIBRARY = 'libxgboost.so.0';

const found = load();

function load(): { readonly library?: LibraryHandle; readonly reason: string } {
  try {
    return { library: koffi.load(LIBRARY), reason: '' };
  } catch {
    return { reason: `${LIBRARY} is absent` };
  }
}

/** Why XGBoost cannot be asked; empty where it is there. */
export const unlessXgboost = found.reason;

type Handle = unknown;
type Call = (...values: unknown[]) => number;

function bind() {
  if (found.library === undefined) throw new Error(`XGBoost cannot be asked: ${found.reason}`);
  const library = found.library;
  const lastError = library.func('const char *XGBGetLastError()');
  const bound = (declaration: string): Call => {
    const call = library.func(declaration);
    return (...values) => {
      const status: number = call(...values);
      if (status !== 0) throw new Error(`XGBoost: ${lastError()}`);
      return status;
    };
  };
  return {
    createMatrix: bound(
      'int XGDMatrixCreateFromMat(const float *data, uint64_t rows, uint64_t columns, float missing, _Out_ void **out)',
    ),
    setFloats: bound(
      'int XGDMatrixSetFloatInfo(void *matrix, const char *field, const float *values, uint64_t length)',
    ),
    setWholes: bound(
      'int XGDMatrixSetUIntInfo(void *matrix, const char *field, const unsigned int *values, uint64_t length)',
    ),
    setTexts: bound(
      'int XGDMatrixSetStrFeatureInfo(void *matrix, const char *field, const char **values, uint64_t length)',
    ),
    freeMatrix: bound('int XGDMatrixFree(void *matrix)'),
    createBooster: bound('int XGBoosterCreate(void **matrices, uint64_t length, _Out_ void **out)'),
    setParameter: bound(
      'int XGBoosterSetParam(void *booster, const char *name, const char *value)',
    ),
    update: bound('int XGBoosterUpdateOneIter(void *booster, int iteration, void *train)'),
    predict: bound(
      'int XGBoosterPredict(void *booster, void *matrix, int options, unsigned int trees, int training, _Out_ uint64_t *length, _Out_ void **result)',
    ),
    nameFeatures: bound(
      'int XGBoosterSetStrFeatureInfo(void *booster, const char *field, const char **values, uint64_t length)',
    ),
    save: bound(
      'int XGBoosterSaveModelToBuffer(void *booster, const char *config, _Out_ uint64_t *length, _Out_ void **result)',
    ),
    freeBooster: bound('int XGBoosterFree(void *booster)'),
  };
}

/** Codes as XGBoost takes them: f32, row-major. */
export function rowMajor({ rows, features, codes }: CodeMatrix): Float32Array {
  const matrix = new Float32Array(rows * features);
  for (let feature = 0; feature < features; feature++)
    for (let row = 0; row < rows; row++)
      matrix[row * features + feature] = codes[feature * rows + row];
  return matrix;
}

/** What XGBoost knows of the rows beside their values. */
export interface RowFacts {
  /** Lengths of the slates, where it ranks. */
  readonly groups?: Uint32Array;
  readonly names?: readonly string[];
  /** `q` for numbers, `c` for categories. */
  readonly types?: readonly string[];
}

/** A booster over one training matrix. Numbers of the C interface are text. */
export class Xgboost {
  readonly #api = bind();
  readonly #matrix: Handle;
  readonly #booster: Handle;
  readonly #features: number;
  #iteration = 0;

  constructor(
    { rows, features }: CodeMatrix,
    matrix: Float32Array,
    labels: Float32Array,
    parameters: Readonly<Record<string, string>>,
    { groups, names, types }: RowFacts = {},
  ) {
    this.#features = features;
    this.#matrix = this.#matrixOf(matrix, rows);
    this.#api.setFloats(this.#matrix, 'label', labels, rows);
    if (groups) this.#api.setWholes(this.#matrix, 'group', groups, groups.length);
    if (types) this.#api.setTexts(this.#matrix, 'feature_type', types, types.length);
    const out: Handle[] = [null];
    this.#api.createBooster([this.#matrix], 1, out);
    [this.#booster] = out;
    if (names) this.#api.nameFeatures(this.#booster, 'feature_name', names, names.length);
    for (const [name, value] of Object.entries(parameters))
      this.#api.setParameter(this.#booster, name, value);
  }

  /** Adds one tree; the first call also looks for the cuts between bins. */
  update(): void {
    this.#api.update(this.#booster, this.#iteration++, this.#matrix);
  }

  /** Log-odds of rows; absent: the training rows. */
  scores(rows?: { readonly count: number; readonly matrix: Float32Array }): Float64Array {
    const matrix = rows === undefined ? this.#matrix : this.#matrixOf(rows.matrix, rows.count);
    const [length, result]: [unknown[], Handle[]] = [[0], [null]];
    this.#api.predict(this.#booster, matrix, 1, 0, 0, length, result);
    const margins: number[] = koffi.decode(result[0], koffi.array('float', Number(length[0])));
    const scores = Float64Array.from(margins);
    if (rows !== undefined) this.#api.freeMatrix(matrix);
    return scores;
  }

  /** The model as a file has it. */
  save(format: 'json' | 'ubj'): Uint8Array {
    const [length, result]: [unknown[], Handle[]] = [[0], [null]];
    this.#api.save(this.#booster, JSON.stringify({ format }), length, result);
    const bytes: number[] = koffi.decode(result[0], koffi.array('uint8_t', Number(length[0])));
    return Uint8Array.from(bytes);
  }

  close(): void {
    this.#api.freeBooster(this.#booster);
    this.#api.freeMatrix(this.#matrix);
  }

  #matrixOf(matrix: Float32Array, rows: number): Handle {
    const out: Handle[] = [null];
    this.#api.createMatrix(matrix, rows, this.#features, Number.NaN, out);
    return out[0];
  }
}

/** Histogram trees on the codes, each a bin of its own. */
export function xgboostTool(trees: number, parameters: Readonly<Record<string, string>>): Tool {
  return async ({ columns, labels, starts, splits }) =>
    splits.map(({ train, test }) => {
      const [from, to] = [rowsOf(starts, train), rowsOf(starts, test)];
      const own = takeColumns(columns, from);
      const labelled = Float32Array.from(takeLabels(labels, from));
      const booster = new Xgboost(own, rowMajor(own), labelled, parameters);
      try {
        for (let tree = 0; tree < trees; tree++) booster.update();
        return booster.scores({ count: to.length, matrix: rowMajor(takeColumns(columns, to)) });
      } finally {
        booster.close();
      }
    });
}
