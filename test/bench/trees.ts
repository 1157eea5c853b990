import { availableParallelism } from 'node:os';
import { codesBytes, loadCodes } from '../../backend/device/cpu/loaded-codes.ts';
import type { CodeMatrix } from '../../backend/science/learn/code-matrix.ts';
import { KernelPool } from '../../backend/device/cpu/pool.ts';
import { lossBytes, MODE, pointwise } from '../../backend/device/cpu/row-losses.ts';
import { TreeScorer } from '../../backend/device/cpu/add-tree.ts';
import { PoolBooster } from '../../backend/device/cpu/booster.ts';
import { boost } from '../../backend/science/learn/trees/boost.ts';
import { TreeGrower } from '../../backend/device/cpu/grow-tree.ts';
import { askPython, unlessPeers } from '../oracle/peers/python.ts';
import { DEPTH_WISE, LEAF_WISE, LIGHTGBM, XGBOOST_DEPTH_6 } from '../oracle/peers/quality.ts';
import { rowMajor, unlessXgboost, Xgboost } from '../oracle/peers/xgboost.ts';
import { madeClicks } from './support/made-clicks.ts';
import type { Part, Say } from './support/part.ts';
import { median } from './support/quantile.ts';
import type { BenchRow } from './support/row.ts';

const ROWS = 1_000_000;
const FEATURES = 32;
const TREES = 100;
const ROUNDS = 3;
const SEED = 11;
const DEPTH_6 = { ...DEPTH_WISE, trees: TREES };
const LEAVES_31 = { ...LEAF_WISE, trees: TREES };
/** Losses of both must agree this well, or the times are of different work. */
const LOSS_TOLERANCE = 1e-3;

interface Run {
  readonly loss: number;
  readonly seconds: number;
  /** Before the trees: codes into place (ours), cuts between bins (XGBoost, with its first tree). */
  readonly loadSeconds: number;
}

/** Boosted trees beside XGBoost's histogram method and LightGBM: same codes, settings and threads, one after the other. */
export async function benchTrees(say: Say): Promise<Part> {
  const { columns, labels } = madeClicks(ROWS, FEATURES, SEED);
  const rows: BenchRow[] = [];
  const all = availableParallelism();
  const matrix = unlessXgboost === '' ? rowMajor(columns) : undefined;
  for (const threads of new Set([1, all])) {
    const xgboost = { ours: [] as Run[], theirs: [] as Run[] };
    const lightgbm = { ours: [] as Run[], theirs: [] as Run[] };
    for (let round = 1; round <= ROUNDS; round++) {
      say(`trees: ${threads} thread(s), round ${round} of ${ROUNDS}`);
      xgboost.ours.push(await runOurs(columns, labels, threads, DEPTH_6));
      if (matrix !== undefined) {
        xgboost.theirs.push(runXgboost(columns, matrix, labels, threads));
        expectSameLoss('XGBoost', xgboost);
      }
      if (unlessPeers() !== '') continue;
      lightgbm.ours.push(await runOurs(columns, labels, threads, LEAVES_31));
      lightgbm.theirs.push(await runLightgbm(columns, labels, threads));
      expectSameLoss('LightGBM', lightgbm);
    }
    const on = `${threads} thread${threads > 1 ? 's' : ''}`;
    rows.push(
      ...rowsOf('XGBoost hist', 'of depth 6', on, xgboost),
      ...rowsOf('LightGBM', 'of 31 leaves', on, lightgbm),
    );
  }
  rows.push(...limits(columns));
  return {
    rows,
    notes: [
      `${ROWS.toLocaleString('en')} × ${FEATURES} codes, ${TREES} trees, rate 0.1, logistic loss; medians of ${ROUNDS} rounds, ours and theirs by turns, ratios paired by round, seed ${SEED}`,
      `ours counts copying and turning the codes and all trees; XGBoost counts its trees from a ready matrix${unlessXgboost}; LightGBM counts its data set and its trees${unlessPeers()}`,
      'the trees alone: ours without copying and turning; XGBoost without its cuts, its first tree, with which it looks for bins, counted as the mean of the others; LightGBM without its data set',
      `training losses agree within ${100 * LOSS_TOLERANCE} %, or the run fails`,
      'the limit: every row is added to a histogram at the root and, by subtraction, half of them at most at each of five levels below, at the speed of the same kernel on rows that lie in order',
    ],
  };
}

async function runOurs(
  columns: CodeMatrix,
  labels: Float32Array,
  threads: number,
  options: typeof DEPTH_6 | typeof LEAVES_31,
): Promise<Run> {
  const startMs = performance.now();
  const pool = new KernelPool(bytesFor(threads, options.maxLeaves), threads);
  const matrix = loadCodes(pool, columns);
  const loss = pointwise(pool, 'logistic', labels);
  const loadedMs = performance.now();
  await boost(new PoolBooster({ codes: matrix, loss }, options), options);
  const endMs = performance.now();
  const mean = loss.evaluate(MODE.nothing).loss / ROWS;
  await pool.close();
  return {
    loss: mean,
    seconds: (endMs - startMs) / 1000,
    loadSeconds: (loadedMs - startMs) / 1000,
  };
}

const bytesFor = (threads: number, maxLeaves: number): number =>
  codesBytes(ROWS, FEATURES) +
  lossBytes(ROWS) +
  TreeScorer.sizeBytes(maxLeaves) +
  TreeGrower.sizeBytes(ROWS, FEATURES, maxLeaves, threads);

function runXgboost(
  columns: CodeMatrix,
  matrix: Float32Array,
  labels: Float32Array,
  threads: number,
): Run {
  const parameters = { ...XGBOOST_DEPTH_6, nthread: String(threads) };
  const booster = new Xgboost(columns, matrix, labels, parameters);
  const startMs = performance.now();
  booster.update();
  const firstMs = performance.now();
  for (let tree = 1; tree < TREES; tree++) booster.update();
  const endMs = performance.now();
  const scores = booster.scores();
  booster.close();
  const others = (endMs - firstMs) / (TREES - 1);
  return {
    loss: meanLoss(scores, labels),
    seconds: (endMs - startMs) / 1000,
    loadSeconds: (firstMs - startMs - others) / 1000,
  };
}

/** From scores of 0, as ours. */
async function runLightgbm(
  columns: CodeMatrix,
  labels: Float32Array,
  threads: number,
): Promise<Run> {
  const options = {
    ...LIGHTGBM,
    objective: 'binary',
    boost_from_average: false,
    trees: TREES,
    num_threads: threads,
  };
  const job = { rows: ROWS, features: FEATURES, options };
  const arrays = { 'codes.u8': columns.codes, 'labels.f64': Float64Array.from(labels) };
  return (await askPython<Run>('lightgbm_seconds', job, arrays)).answer;
}

const meanLoss = (scores: Float64Array, labels: Float32Array): number =>
  scores.reduce(
    (sum, s, row) => sum + Math.max(s, 0) - labels[row] * s + Math.log1p(Math.exp(-Math.abs(s))),
    0,
  ) / scores.length;

interface Pairs {
  readonly ours: readonly Run[];
  readonly theirs: readonly Run[];
}

function expectSameLoss(peer: string, { ours, theirs }: Pairs): void {
  const [own, other] = [ours.at(-1)!.loss, theirs.at(-1)!.loss];
  if (!(Math.abs(own / other - 1) <= LOSS_TOLERANCE))
    throw new Error(`training loss ${own} is not ${peer}'s ${other}: the times do not compare`);
}

function rowsOf(peer: string, shape: string, threads: string, { ours, theirs }: Pairs): BenchRow[] {
  if (ours.length === 0) return [];
  const seconds = (runs: readonly Run[]) => median(runs.map((run) => run.seconds));
  const name = `${TREES} trees ${shape}, ${threads}`;
  const own: BenchRow = { name, value: seconds(ours), unit: 's' };
  if (theirs.length === 0) return [own];
  const paired = (of: (run: Run) => number) =>
    median(ours.map((run, round) => of(run) / of(theirs[round])));
  const trees = ({ seconds: whole, loadSeconds }: Run) => whole - loadSeconds;
  return [
    { ...own, ratio: paired((run) => run.seconds), against: peer },
    {
      name: `${name}: the trees alone`,
      value: median(ours.map(trees)),
      unit: 's',
      ratio: paired(trees),
      against: `${peer}'s trees alone`,
    },
    { name: `${name}: ${peer}`, value: seconds(theirs), unit: 's' },
    { name: `${name}: ${peer}'s trees alone`, value: median(theirs.map(trees)), unit: 's' },
    { name: `${name}: training loss`, value: ours[0].loss, unit: 'nats' },
    { name: `${name}: ${peer}'s training loss`, value: theirs[0].loss, unit: 'nats' },
  ];
}

/** What the histogram kernel does on one thread where nothing stands in its way, and what memory gives. */
function limits(columns: CodeMatrix): BenchRow[] {
  const pool = new KernelPool(bytesFor(1, DEPTH_6.maxLeaves), 1);
  const { codes, stride, buckets } = loadCodes(pool, columns);
  const [values, sums, scratch, blocks, locks] = [
    8 * ROWS,
    FEATURES * 256 * 16,
    TreeGrower.sizeBytes(0, FEATURES, 1, 1),
    16,
    4,
  ].map((size) => pool.allocate(size));
  const size = 62_500;
  pool.u32(blocks, 4).set([0, size, 0, 1]);
  const fastestMs = fastest(() => {
    for (let first = 0; first < ROWS; first += size)
      pool.run('histogramBlock', 1, [
        codes + first * stride,
        stride,
        values,
        0,
        blocks,
        sums,
        FEATURES,
        locks,
        scratch,
        0,
        buckets,
      ]);
  });
  const perUpdateNs = (fastestMs * 1e6) / (ROWS * FEATURES);
  const [from, to] = [new Uint8Array(2 ** 28).fill(1), new Uint8Array(2 ** 28)];
  const copyMs = fastest(() => to.set(from));
  const mostRows = ROWS * (1 + 5 / 2);
  return [
    { name: 'histogram, rows in order', value: perUpdateNs, unit: 'ns/update' },
    {
      name: `${TREES} trees' histograms of depth 6 at most, at that speed`,
      value: (TREES * mostRows * FEATURES * perUpdateNs) / 1e9,
      unit: 's',
    },
    { name: 'memory copy, one thread', value: 2 ** 28 / copyMs / 1e6, unit: 'GB/s' },
    {
      name: "the same histograms' bytes at that bandwidth",
      value: (TREES * mostRows * (FEATURES + 12) * copyMs) / 2 ** 28 / 1000,
      unit: 's',
    },
  ];
}

function fastest(call: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10; round++) {
    const startMs = performance.now();
    call();
    best = Math.min(best, performance.now() - startMs);
  }
  return best;
}
