import { describe, expect, test } from 'vitest';
import { DeviceRows } from '../../backend/device/gpu/device-rows.ts';
import { Workspace } from '../../backend/device/gpu/kernel.ts';
import { KernelPool } from '../../backend/device/cpu/pool.ts';
import { lambdaRank, lossBytes, MODE } from '../../backend/device/cpu/row-losses.ts';
import type { LambdaRankOptions } from '../../backend/science/learn/device/objective.ts';
import { inverseIdeals } from '../../backend/science/learn/ndcg.ts';
import { pairsOf } from '../oracle/lambda-rank.ts';
import {
  expectWithin,
  freshSeed,
  gpuName,
  noGpu,
  randomStarts,
  seededRandom,
  theGpu,
} from './support/gpu.ts';

const EPSILON = 2 ** -23;

interface Case {
  readonly rows: number;
  readonly longest: number;
  readonly scoreOf: (random: () => number) => number;
  readonly options: LambdaRankOptions;
  readonly maxBlockRows?: number;
}

const PLAIN: Case = {
  rows: 2000,
  longest: 25,
  scoreOf: (random) => 6 * random() - 3,
  options: { truncation: 10, normalise: true },
};

function makeSet({ rows, longest, scoreOf }: Case, random: () => number) {
  const starts = randomStarts(rows, longest, random);
  const reward = new Float64Array(rows);
  for (let slate = 0; slate + 1 < starts.length; slate++)
    if (random() < 0.85)
      for (let row = starts[slate]; row < starts[slate + 1]; row++)
        reward[row] = random() < 0.4 ? 2 ** Math.floor(5 * random()) - 1 : 0;
  const base = Float32Array.from({ length: rows }, () => scoreOf(random));
  return { rows, features: 1, codes: new Uint8Array(rows), starts, reward, base };
}

async function onGpu(set: ReturnType<typeof makeSet>, { options, maxBlockRows }: Case) {
  const held = new DeviceRows(theGpu(), set, { lambdaRank: options }, { maxBlockRows });
  const workspace = new Workspace(theGpu());
  workspace.submit(held.gradients());
  const pairs = new Float32Array(2 * set.rows);
  for (const block of held.blocks)
    pairs.set(new Float32Array(await workspace.read(block.pairs, 8 * block.rows)), 2 * block.first);
  const loss = await held.loss();
  held.destroy();
  return { pairs, loss };
}

function onCpu(set: ReturnType<typeof makeSet>, { options }: Case) {
  const slates = set.starts.length - 1;
  const bytes = lossBytes(set.rows, slates) + 40 * set.rows + 4096;
  const pool = new KernelPool(bytes, 1);
  const loss = lambdaRank(pool, set.reward, set.starts, options);
  pool.f64(loss.scores, set.rows).set(set.base);
  const totals = loss.evaluate(MODE.both);
  return { pairs: pool.f32(loss.values, 2 * set.rows).slice(), loss: totals.loss };
}

/** What the kernel's docstring allows each row, and the loss. */
function boundsOf(set: ReturnType<typeof makeSet>, { options }: Case) {
  const { truncation, normalise } = options;
  const allowed = new Float64Array(set.rows);
  const ideals = inverseIdeals(set.reward, set.starts, truncation);
  let loss = 0;
  for (let slate = 0; slate + 1 < set.starts.length; slate++) {
    const [from, to] = [set.starts[slate], set.starts[slate + 1]];
    const [scores, gains] = [[...set.base.subarray(from, to)], [...set.reward.subarray(from, to)]];
    const { pairs } = pairsOf(scores, gains, truncation, normalise);
    const softens = normalise && Math.max(...scores) !== Math.min(...scores);
    const [size, off] = [scores.map(() => 0), scores.map(() => 0)];
    for (const { better, worse, delta } of pairs) {
      const ahead = scores[better] - scores[worse];
      const distance = Math.abs(ahead);
      const pull = delta / (1 + Math.exp(ahead));
      const lost =
        (2 * (gains[better] - gains[worse]) * ideals[slate]) /
        (softens ? 0.01 + distance : 1) /
        (1 + Math.exp(ahead));
      for (const row of [better, worse]) {
        size[row] += pull;
        off[row] += (16 + 4 * distance) * pull + lost;
      }
    }
    const n = to - from;
    const [sum, sumOff] = [size, off].map((values) => values.reduce((a, b) => a + b, 0));
    const norm = normalise && sum > 0 ? Math.log1p(sum) / Math.LN2 / sum : 1;
    const scaleOff = normalise && sum > 0 ? sumOff / sum + n : 0;
    // The twin's `log2(1 + Σ)` rounds a small Σ away, with all that the slate pulls.
    const twinOff = normalise && sum > 0 ? Math.min(1, 2 ** -51 / sum) : 0;
    size.forEach((own, i) => {
      // The twin's sums are of f32 too.
      const rounded = EPSILON * (off[i] + (1.5 * n + 8 + scaleOff) * own);
      allowed[from + i] = norm * (rounded + twinOff * own) + 1e-30;
    });
    loss += 8 * EPSILON * (1 + Math.min(n, truncation));
  }
  return { row: (row: number) => allowed[row], loss };
}

describe.skipIf(noGpu)(`LambdaRank on ${gpuName}`, () => {
  test.for([
    ['as LightGBM by default', {}],
    ['without normalisation', { options: { truncation: 10, normalise: false } }],
    ['all pairs', { options: { truncation: 1000, normalise: true } }],
    ['the first slot only', { options: { truncation: 1, normalise: true } }],
    ['a single row', { rows: 1 }],
    ['slates of one row', { rows: 50, longest: 1 }],
    ['slates longer than their lanes', { rows: 900, longest: 300 }],
    ['all scores equal', { scoreOf: () => 0.5 }],
    ['many equal scores', { scoreOf: (random: () => number) => Math.floor(3 * random()) }],
    ['scores of ±80', { scoreOf: (random: () => number) => 160 * random() - 80 }],
    ['pulls that hardly pull', { longest: 3, scoreOf: (random: () => number) => 30 * random() }],
    ['blocks that end with a slate', { maxBlockRows: 100 }],
  ] as const)('equals its CPU twin: %s', async ([, more]) => {
    const seed = freshSeed();
    const one: Case = { ...PLAIN, ...more };
    const set = makeSet(one, seededRandom(seed));
    const [found, twin] = [await onGpu(set, one), onCpu(set, one)];
    const bounds = boundsOf(set, one);
    expectWithin(`seed ${seed}`, found.pairs, twin.pairs, (at) => bounds.row(at >> 1));
    expect(Math.abs(found.loss - twin.loss), `seed ${seed}`).toBeLessThanOrEqual(bounds.loss);
  });
});
