import { describe, expect, test } from 'vitest';
import { fitAdditive } from '../../../../backend/science/learn/additive/fit-additive.ts';
import { loadCodes, type LoadedCodes } from '../../../../backend/device/cpu/loaded-codes.ts';
import { PoolBooster, type LoadedRows } from '../../../../backend/device/cpu/booster.ts';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import type { BoosterOptions } from '../../../../backend/science/learn/device/tree-growers.ts';
import type { CodeMatrix } from '../../../../backend/science/learn/code-matrix.ts';
import { drawSample } from '../../../../backend/science/learn/trees/tree-sampling.ts';
import type { KernelPool } from '../../../../backend/device/cpu/pool.ts';
import {
  lambdaRank,
  listwise,
  MODE,
  pointwise,
  type RowLoss,
} from '../../../../backend/device/cpu/row-losses.ts';
import {
  boost,
  type Boosted,
  type BoostOptions,
  type BoostStep,
} from '../../../../backend/science/learn/trees/boost.ts';
import { TreeScorer } from '../../../../backend/device/cpu/add-tree.ts';
import { additiveScores } from '../../../../backend/science/learn/histogram.ts';
import { parseSchema } from '../../../../shared/features/schema.ts';
import { growOracle } from '../../../oracle/tree.ts';
import { freshRandom, poolsOf, randomColumns, randomStarts } from './support.ts';
import { codesOf, exactRows, fixedLoss, FREE, leafOf, leavesOf } from './tree-support.ts';

const POOLS = poolsOf(2 ** 30);
type Options = BoostOptions & BoosterOptions;

const boostIn = (
  codes: LoadedCodes,
  loss: RowLoss,
  options: Options,
  heldOut?: LoadedRows,
  onTree?: (step: BoostStep) => void,
): Promise<Boosted> => boost(new PoolBooster({ codes, loss }, options, heldOut), options, onTree);

const BOOST: Options = {
  ...FREE,
  trees: 20,
  rate: 0.1,
  maxDepth: 4,
  maxLeaves: 16,
  minChildRows: 5,
};

/** Score of one row of codes, by the plain walk. */
const scoreOf = ({ trees }: Boosted, codeOf: (feature: number) => number): number =>
  trees.reduce((sum, tree) => sum + tree.value[leafOf(tree, codeOf)], 0);

const sigmoid = (s: number) => 1 / (1 + Math.exp(-s));

/** Clicks by a truth that bends and interacts. */
function clicks(rows: number, random: () => number) {
  const columns = randomColumns(rows, 5, random, 30);
  const labels = Float32Array.from({ length: rows }, (_, row) => {
    const code = codesOf(columns, row);
    const logOdds =
      (code(0) - 10) / 8 + (code(1) > 8 === code(2) > 8 ? 1 : -1) + (code(3) === 0 ? 1 : 0);
    return random() < sigmoid(logOdds) ? 1 : 0;
  });
  return { columns, labels };
}

describe.each(['depth', 'best'] as const)('one tree at rate 1, %s first', (order) => {
  test('is the one that trying every split gives', async () => {
    const { seed, random } = freshRandom();
    for (let round = 0; round < 6; round++) {
      const data = exactRows(randomColumns(150, 5, random, 25), random);
      const options = { ...BOOST, order, trees: 1, rate: 1, maxLeaves: 10, lambda: 3 * random() };
      const oracle = growOracle(data, options);
      for (const pool of POOLS) {
        const loss = fixedLoss(pool, data);
        const { trees } = await boostIn(loadCodes(pool, data), loss, options);
        const scores = pool.f64(loss.scores, data.rows);
        const found = new Map(
          [...leavesOf(trees[0], data)].map(([leaf, list]) => [
            list[0],
            [list.length, trees[0].value[leaf]],
          ]),
        );
        for (const { list, value } of oracle) {
          const what = `seed ${seed}, round ${round}: the leaf of row ${list[0]}`;
          expect(found.get(list[0])?.[0], what).toBe(list.length);
          expect(Math.abs(found.get(list[0])![1] - value), what).toBeLessThan(
            1e-12 * (1 + Math.abs(value)),
          );
          for (const row of list) expect(scores[row], what).toBe(found.get(list[0])![1]);
        }
      }
    }
  });
});

const LOSSES: readonly [
  string,
  (pool: KernelPool, labels: Float32Array, starts: Uint32Array) => RowLoss,
][] = [
  ['logistic', (pool, labels) => pointwise(pool, 'logistic', labels)],
  ['squared', (pool, labels) => pointwise(pool, 'squared', labels)],
  ['softmax', (pool, labels, starts) => listwise(pool, labels, starts)],
  [
    'lambdarank',
    (pool, labels, starts) => lambdaRank(pool, labels, starts, { truncation: 10, normalise: true }),
  ],
];

describe.each(LOSSES)('boosting on %s loss', (kind, lossOn) => {
  test.each([
    ['depth', 'all rows', 1],
    ['best', 'all rows', 1],
    ['best', 'samples', 0.7],
  ] as const)(
    'is the same on any threads, falls, and keeps its limits: %s first, on %s',
    async (order, _, share) => {
      const { seed, random } = freshRandom();
      const starts = randomStarts(900, 20, random);
      const rows = starts.at(-1)!;
      const { columns, labels } = clicks(rows, random);
      const options: Options = {
        ...BOOST,
        order,
        maxLeaves: 11,
        minChildHessian: kind === 'squared' ? 20 : 2,
        minChildRows: kind === 'squared' ? 40 : 1,
        minGain: 0.5,
        ...(share < 1 && {
          sampleOf: (draw: number) =>
            drawSample(
              { rows, features: 5, starts },
              { features: share, slates: share, seed },
              draw,
            ),
        }),
      };
      const all = await Promise.all(
        POOLS.map(async (pool) => {
          const loss = lossOn(pool, labels, starts);
          const boosted = await boostIn(loadCodes(pool, columns), loss, options);
          return {
            boosted,
            scores: pool.f64(loss.scores, rows),
            last: loss.evaluate(MODE.both).loss,
          };
        }),
      );
      const [{ boosted, scores, last }] = all;
      for (const other of all) {
        expect(other.boosted, `seed ${seed}`).toEqual(boosted);
        expect(
          Buffer.from(other.scores.slice().buffer).equals(Buffer.from(scores.slice().buffer)),
        ).toBe(true);
      }
      expect(boosted.trees.length).toBe(options.trees);
      for (let row = 0; row < rows; row++) {
        const sum = scoreOf(boosted, codesOf(columns, row));
        if (!(Math.abs(scores[row] - sum) <= 1e-9))
          expect.fail(`seed ${seed}: row ${row} scores ${scores[row]}, its trees ${sum}`);
      }
      const curve = [...boosted.curve.map(({ loss }) => loss), last];
      // A tree on a sample may leave the rest a little worse.
      if (kind !== 'lambdarank' && share === 1)
        curve
          .slice(1)
          .forEach((loss, i) =>
            expect(loss, `seed ${seed}: after tree ${i + 1}`).toBeLessThan(curve[i]),
          );
      expect(last, `seed ${seed}`).toBeLessThan(curve[0] * (kind === 'lambdarank' ? 0.95 : 0.99));
      for (const tree of boosted.trees) {
        const leaves = leavesOf(tree, columns);
        const depthOf = tree.left.map(() => 0);
        tree.left.forEach((left, node) => {
          if (left === 0) return;
          depthOf[left] = depthOf[left + 1] = depthOf[node] + 1;
          expect(tree.gain[node], `seed ${seed}: gain`).toBeGreaterThan(options.minGain);
          expect(tree.cover[left] + tree.cover[left + 1], `seed ${seed}`).toBeCloseTo(
            tree.cover[node],
            6,
          );
          for (const child of [left, left + 1])
            expect(tree.cover[child], `seed ${seed}: hessian`).toBeGreaterThanOrEqual(
              options.minChildHessian - 1e-9,
            );
        });
        expect(leaves.size, `seed ${seed}: leaves`).toBeLessThanOrEqual(options.maxLeaves);
        expect(Math.max(...depthOf), `seed ${seed}: depth`).toBeLessThanOrEqual(options.maxDepth);
        // Only where all rows weigh the same does the hessian tell their number exactly.
        if (kind === 'squared' && share === 1)
          for (const list of leaves.values())
            expect(list.length, `seed ${seed}: rows`).toBeGreaterThanOrEqual(40);
      }
    },
  );
});

describe('boosting', () => {
  test.each(['depth', 'best'] as const)(
    'keeps features monotone in every bucket, whatever the others are: %s first',
    async (order) => {
      const { seed, random } = freshRandom();
      const { columns, labels } = clicks(6000, random);
      // Against the data, too: the truth rises in feature 0, and feature 1 interacts.
      const monotone = Int8Array.of(random() < 0.5 ? 1 : -1, 1, -1, 0, 1);
      for (const lambda of [0, 1]) {
        const loss = pointwise(POOLS[1], 'logistic', labels);
        const boosted = await boostIn(loadCodes(POOLS[1], columns), loss, {
          ...BOOST,
          order,
          lambda,
          trees: 30,
          rate: 0.3,
          maxDepth: 6,
          maxLeaves: 40,
          monotone,
        });
        expect(boosted.trees.length, `seed ${seed}`).toBeGreaterThan(3);
        for (let trial = 0; trial < 60; trial++) {
          const own = codesOf(columns, Math.floor(6000 * random()));
          monotone.forEach((sign, feature) => {
            if (sign === 0) return;
            let before = Number.NEGATIVE_INFINITY;
            for (let bucket = 1; bucket < 32; bucket++) {
              const score =
                sign * scoreOf(boosted, (other) => (other === feature ? bucket : own(other)));
              if (score < before - 1e-12)
                expect.fail(
                  `seed ${seed}: feature ${feature} turns at bucket ${bucket} by ${before - score}`,
                );
              before = score;
            }
          });
        }
      }
    },
  );

  test('sends the missing bucket to the side that it is like', async () => {
    const rows = 1000;
    const codes = Uint8Array.from({ length: rows }, (_, row) => row % 4);
    for (const alike of [1, 3]) {
      const labels = Float32Array.from(codes, (code) => (code === 0 || code === alike ? 1 : 0));
      const loss = pointwise(POOLS[0], 'squared', labels);
      const boosted = await boostIn(loadCodes(POOLS[0], { rows, features: 1, codes }), loss, {
        ...BOOST,
        trees: 1,
        rate: 1,
        maxDepth: 1,
        lambda: 0,
      });
      const [missing, low, , high] = [0, 1, 2, 3].map((code) => scoreOf(boosted, () => code));
      expect(missing).toBe(alike === 1 ? low : high);
      expect(missing).toBeCloseTo(1, 4);
      expect(boosted.trees[0].shift[0]).toBe(alike === 1 ? 0 : 1);
    }
  });

  test('has no leaf without rows, even where no limit forbids it', async () => {
    const { seed, random } = freshRandom();
    for (let round = 0; round < 40; round++) {
      const columns = randomColumns(120, 3, random, 12);
      const labels = Float32Array.from({ length: 120 }, () => Math.round(random()));
      const weights = Float32Array.from({ length: 120 }, () => random());
      const { trees } = await boostIn(
        loadCodes(POOLS[0], columns),
        pointwise(POOLS[0], 'logistic', labels, weights),
        {
          ...BOOST,
          trees: 5,
          maxDepth: 20,
          maxLeaves: 120,
          lambda: 0,
          minChildRows: 0,
        },
      );
      for (const tree of trees) {
        const leaves = tree.left.filter((left) => left === 0);
        expect(leavesOf(tree, columns).size, `seed ${seed}, round ${round}`).toBe(leaves.length);
        expect(tree.value.every(Number.isFinite), `seed ${seed}, round ${round}`).toBe(true);
      }
    }
  });

  test('stops early at the best prefix, whose held-out measure the curve has', async () => {
    const { seed, random } = freshRandom();
    const [train, held] = [clicks(400, random), clicks(2000, random)];
    for (const pool of POOLS) {
      const heldLoss = pointwise(pool, 'logistic', held.labels);
      const steps: BoostStep[] = [];
      const boosted = await boostIn(
        loadCodes(pool, train.columns),
        pointwise(pool, 'logistic', train.labels),
        { ...BOOST, trees: 300, rate: 0.3, minChildRows: 1, patience: 10 },
        { codes: loadCodes(pool, held.columns), loss: heldLoss },
        (step) => steps.push(step),
      );
      const measures = boosted.curve.map(({ heldOut }) => heldOut!);
      const best = measures.indexOf(Math.min(...measures));
      expect(boosted.trees.length, `seed ${seed}`).toBe(best + 1);
      expect(boosted.curve.length, `seed ${seed}: ten more were tried`).toBe(best + 11);
      expect(steps).toEqual(boosted.curve);
      const loss = held.labels.reduce((sum, y, row) => {
        const s = scoreOf(boosted, codesOf(held.columns, row));
        return sum + Math.log1p(Math.exp(s)) - y * s;
      }, 0);
      expect(loss, `seed ${seed}`).toBeCloseTo(measures[best], 6);
    }
  });

  test('gives no tree where there is nothing to learn', async () => {
    const [pool] = POOLS;
    const columns = randomColumns(100, 2, freshRandom().random);
    const learn = (labels: Float32Array) =>
      boostIn(loadCodes(pool, columns), pointwise(pool, 'squared', labels), BOOST);
    expect(await learn(new Float32Array(100))).toEqual({ trees: [], curve: [] });
    const alike = { ...columns, codes: new Uint8Array(200).fill(3) };
    const ones = pointwise(pool, 'squared', new Float32Array(100).fill(1));
    expect((await boostIn(loadCodes(pool, alike), ones, BOOST)).trees).toEqual([]);
  });

  test('finds an interaction that no additive score can: held-out AUC near that of the truth', async () => {
    const { seed, random } = freshRandom();
    const world = (rows: number) => {
      const columns: CodeMatrix = {
        rows,
        features: 4,
        codes: Uint8Array.from({ length: 4 * rows }, () => 1 + Math.floor(20 * random())),
      };
      const truth = Float64Array.from({ length: rows }, (_, row) => {
        const code = codesOf(columns, row);
        return (code(0) > 10 === code(1) > 10 ? 1.5 : -1.5) + (code(2) - 10.5) / 20;
      });
      const labels = Float32Array.from(truth, (s) => (random() < sigmoid(s) ? 1 : 0));
      return { columns, truth, labels };
    };
    const [train, held] = [world(20_000), world(20_000)];
    const pool = POOLS[1];
    const boosted = await boostIn(
      loadCodes(pool, train.columns),
      pointwise(pool, 'logistic', train.labels),
      {
        ...BOOST,
        order: 'best',
        trees: 100,
        maxLeaves: 8,
        minChildRows: 50,
      },
    );
    const learned = Array.from(held.labels, (_, row) =>
      scoreOf(boosted, codesOf(held.columns, row)),
    );
    const schema = parseSchema({
      name: 'world',
      columns: [{ name: 'a', type: 'number' }],
      features: ['a', 'b', 'c', 'd'].map((name) => ({
        name,
        kind: 'quantile',
        column: 'a',
        edges: [1],
      })),
      training: { objective: 'pointwise', l2: 1, position: 'given' },
    });
    const start = new Float64Array(4 * 256);
    const { weights } = await fitAdditive(
      {
        ...train.columns,
        reward: Float64Array.from(train.labels),
        starts: Uint32Array.of(0, 20_000),
        position: new Uint16Array(20_000),
        at: new Float64Array(1),
        cluster: new Uint32Array(1),
      },
      undefined,
      {
        schema,
        objective: 'pointwise',
        start,
        prior: start,
        l2: 1,
        slope: 1,
        maxIterations: 50,
        patience: 50,
        device: cpuDevice({ threads: 1 }),
      },
    );
    const best = auc(held.truth, held.labels);
    const found = auc(learned, held.labels);
    const additive = auc(additiveScores(held.columns, weights), held.labels);
    expect(best - found, `seed ${seed}: truth ${best}, trees ${found}`).toBeLessThan(0.02);
    expect(found - additive, `seed ${seed}: trees ${found}, additive ${additive}`).toBeGreaterThan(
      0.15,
    );
  });
});

/** Share of (clicked, not clicked) pairs in order, equal scores by half (Mann & Whitney, 1947). */
function auc(scores: ArrayLike<number>, labels: Float32Array): number {
  const order = Array.from(labels.keys()).toSorted((a, b) => scores[a] - scores[b]);
  let [sum, clicked] = [0, 0];
  for (let i = 0; i < order.length;) {
    let end = i;
    while (end < order.length && scores[order[end]] === scores[order[i]]) end++;
    for (let j = i; j < end; j++)
      if (labels[order[j]] === 1) {
        sum += (i + end + 1) / 2;
        clicked++;
      }
    i = end;
  }
  return (sum - (clicked * (clicked + 1)) / 2) / (clicked * (labels.length - clicked));
}

test.each([1, 700, 8193])(
  'TreeScorer scores rows that no tree was grown on as the plain walk does: %i rows',
  async (rows) => {
    const { seed, random } = freshRandom();
    const { columns, labels } = clicks(3000, random);
    const others = clicks(rows, random).columns;
    const start = Float64Array.from({ length: rows }, () => random());
    for (const pool of POOLS) {
      const options = { ...BOOST, trees: 5, maxDepth: 30, maxLeaves: 800, minChildRows: 1 };
      const boosted = await boostIn(
        loadCodes(pool, columns),
        pointwise(pool, 'logistic', labels),
        options,
      );
      const matrix = loadCodes(pool, others);
      const before = pool.allocate(0);
      const scorer = new TreeScorer(matrix, options.maxLeaves);
      expect(pool.allocate(0) - before).toBeLessThanOrEqual(
        TreeScorer.sizeBytes(options.maxLeaves),
      );
      const scores = pool.allocate(8 * rows);
      pool.f64(scores, rows).set(start);
      for (const tree of boosted.trees) scorer.add(tree, scores);
      pool.f64(scores, rows).forEach((score, row) => {
        const oracle = start[row] + scoreOf(boosted, codesOf(others, row));
        if (!(Math.abs(score - oracle) <= 1e-12))
          expect.fail(`seed ${seed}: row ${row} scores ${score}, not ${oracle}`);
      });
    }
  },
);
