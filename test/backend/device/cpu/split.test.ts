import { expect, test } from 'vitest';
import { loadCodes } from '../../../../backend/device/cpu/loaded-codes.ts';
import type { KernelPool } from '../../../../backend/device/cpu/pool.ts';
import { scratchBytesOf } from '../../../../backend/device/cpu/grow-tree.ts';
import {
  bestCut,
  gainOfCut,
  goesLeft,
  sumOver,
  type Cut,
  type Rows,
  type SplitRules,
} from '../../../oracle/split.ts';
import {
  allocatePoisoned,
  bytesAt,
  copyIn,
  expectSameBits,
  freshRandom,
  packed,
  poolsOf,
  randomColumns,
} from './support.ts';

const POOLS = poolsOf(2 ** 29);
const BUCKETS = 256;
/** Powers of two: sums are exact, so a wrong split cannot hide in rounding. */
const [G_UNIT, H_UNIT] = [2 ** -12, 2 ** -16];
const NODE_BYTES = 64;
const ANSWER_BYTES = 32;

interface Case {
  readonly rows: number;
  readonly features: number;
  /** How many codes there are. */
  readonly buckets: number;
  readonly lambda: number;
  /** Least share of the node's hessian in a child. */
  readonly share: number;
  readonly bounds: readonly [low: number, high: number];
  readonly monotone: boolean;
  readonly someFeatures: boolean;
  /** Share of rows whose hessian rounded to nothing. */
  readonly flat: number;
}

const PLAIN: Case = {
  rows: 300,
  features: 9,
  buckets: 256,
  lambda: 1,
  share: 0,
  bounds: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  monotone: false,
  someFeatures: false,
  flat: 0,
};
const CASES: readonly [string, Partial<Case>][] = [
  ['a node as it comes', {}],
  ['one row: nothing to split', { rows: 1 }],
  ['two rows', { rows: 2 }],
  ['one feature', { features: 1 }],
  ['eight features', { features: 8 }],
  ['39 features', { features: 39, rows: 150 }],
  ['two codes, missing or not', { buckets: 2 }],
  ['three codes', { buckets: 3, rows: 60 }],
  ['every row missing', { buckets: 1 }],
  ['no ridge', { lambda: 0 }],
  ['a strong ridge', { lambda: 100 }],
  ['a least hessian', { share: 0.2 }],
  ['a least hessian that only halves have', { share: 0.45, buckets: 6 }],
  ['bounds', { bounds: [-0.5, 0.25] }],
  ['one bound', { bounds: [Number.NEGATIVE_INFINITY, -0.1] }],
  ['bounds of one value', { bounds: [0.1, 0.1] }],
  ['monotone features', { monotone: true }],
  ['monotone features within bounds', { monotone: true, bounds: [-0.3, 0.3], buckets: 12 }],
  ['some features only', { someFeatures: true }],
  [
    'all rules at once',
    { monotone: true, someFeatures: true, bounds: [-1, 0.5], share: 0.05, lambda: 0.5 },
  ],
  ['many rows without a hessian', { flat: 0.6, rows: 120 }],
  ['a missing bucket without a hessian', { flat: 0.9, rows: 60, buckets: 4 }],
];

/** Rows of which every third belongs to the node, lists in partition order. */
function draw({ rows, features, buckets, flat }: Case, random: () => number) {
  const all = 3 * rows + 2;
  const columns = randomColumns(all, features, random, buckets);
  const steps = Array.from({ length: all }, () => [
    Math.round((2 * random() - 1) * 32_767),
    random() < flat ? 0 : Math.ceil(random() * 65_535),
  ]);
  const data: Rows = {
    ...columns,
    g: Float64Array.from(steps, ([g]) => g * G_UNIT),
    h: Float64Array.from(steps, ([, h]) => h * H_UNIT),
  };
  const values = BigInt64Array.from(steps, ([g, h]) => packed(g, h));
  const list = Array.from({ length: rows }, (_, i) => 3 * i + 1);
  return { data, values, list };
}

/** Answers of the node with few rows, then of the same one with a stored histogram. */
function splitNode(
  pool: KernelPool,
  { data, values, list }: ReturnType<typeof draw>,
  rules: SplitRules,
): Buffer {
  const { codes, stride, features, buckets } = loadCodes(pool, data);
  const sums = allocatePoisoned(pool, 2 * features * BUCKETS * 16);
  const stored = pool.f64(sums + features * BUCKETS * 16, features * BUCKETS * 2);
  for (let feature = 0; feature < features; feature++) {
    const used = pool.u32(buckets, features)[feature];
    stored.fill(0, 2 * feature * BUCKETS, 2 * (feature * BUCKETS + used));
    for (const row of list) {
      const cell = 2 * (feature * BUCKETS + data.codes[feature * data.rows + row]);
      stored[cell] += data.g[row] / G_UNIT;
      stored[cell + 1] += data.h[row] / H_UNIT;
    }
  }
  const nodes = allocatePoisoned(pool, 2 * NODE_BYTES);
  const answers = allocatePoisoned(pool, 2 * ANSWER_BYTES);
  const { g, h } = sumOver(data, list);
  // Its rows lie from place 5 of the index on; answers come the other way round.
  [-1, 1].forEach((slot, i) => {
    pool.u32(nodes + i * NODE_BYTES, 4).set([5, 5 + list.length, slot, 1 - i]);
    pool.f64(nodes + i * NODE_BYTES + 16, 4).set([g, h, rules.low, rules.high]);
    pool.u32(nodes + i * NODE_BYTES + 48, 1)[0] = 1;
    pool.f64(nodes + i * NODE_BYTES + 56, 1)[0] = rules.least;
  });
  const scratchBytes = scratchBytesOf(features);
  const allowed = allocatePoisoned(pool, 2 * features);
  pool.u8(allowed + features, features).set(rules.allowed!);
  const orders = pool.allocate(features);
  pool.i8(orders, features).set(rules.orders);
  const index = copyIn(pool, Uint32Array.from([9, 9, 9, 9, 9, ...list]));
  const first = [codes, stride, copyIn(pool, values), index, sums, features, buckets, nodes];
  const scratch = allocatePoisoned(pool, pool.threads * scratchBytes);
  const more = [scratch, scratchBytes, answers, allowed, orders, G_UNIT, H_UNIT, rules.lambda];
  pool.run('splitNode', 2, [...first, ...more]);
  return bytesAt(pool, answers, 2 * ANSWER_BYTES);
}

test.each(CASES)('splitNode finds what trying every split finds: %s', (_, more) => {
  const { seed, random } = freshRandom();
  const given = { ...PLAIN, ...more };
  for (let round = 0; round < 12; round++) {
    const drawn = draw(given, random);
    const { data, list } = drawn;
    const { features } = data;
    const all = sumOver(data, list);
    const rules: SplitRules = {
      lambda: given.lambda,
      least: Math.max(given.share * all.h, Number.MIN_VALUE),
      low: given.bounds[0],
      high: given.bounds[1],
      orders: Int8Array.from({ length: features }, () =>
        given.monotone ? Math.floor(3 * random()) - 1 : 0,
      ),
      allowed: Uint8Array.from({ length: features }, () =>
        given.someFeatures && random() < 0.5 ? 0 : 1,
      ),
    };
    const what = `seed ${seed}, round ${round}`;
    const found = POOLS.map((pool) => splitNode(pool, drawn, rules));
    expectSameBits(what, found);
    const oracle = bestCut(data, list, rules);
    const scale =
      (1e-12 * list.reduce((sum, row) => sum + Math.abs(data.g[row]), 0) ** 2) /
        (all.h + rules.lambda + 1e-9) +
      1e-12;
    for (const [at, kind] of [
      [ANSWER_BYTES, 'few rows'],
      [0, 'stored'],
    ] as const) {
      const answer = found[0].subarray(at, at + ANSWER_BYTES);
      const feature = answer.readInt32LE(24);
      if (oracle === undefined || feature < 0) {
        expect([oracle?.gain ?? 0, feature], `${what}, ${kind}`).toEqual([
          expect.closeTo(0, 9),
          -1,
        ]);
        continue;
      }
      const [threshold, shift] = [answer[28], answer[29]];
      const cut: Cut = { feature, last: threshold + shift, takesMissing: shift === 0 };
      const left = sumOver(
        data,
        list.filter((row) => goesLeft(cut, data, row)),
      );
      const gain = answer.readDoubleLE(0);
      // Another split may be as good: then it must really be, from its own rows.
      const own = gainOfCut(cut, data, list, rules);
      expect(own, `${what}, ${kind}: ${JSON.stringify(cut)} is allowed`).toBeDefined();
      expect(
        Math.abs(gain - oracle.gain),
        `${what}, ${kind}: gain ${gain}, best ${oracle.gain}`,
      ).toBeLessThan(scale);
      expect(
        Math.abs(own! - oracle.gain),
        `${what}, ${kind}: its rows save ${own}, best ${oracle.gain}`,
      ).toBeLessThan(scale);
      expect([answer.readDoubleLE(8), answer.readDoubleLE(16)], `${what}, ${kind}`).toEqual([
        left.g,
        left.h,
      ]);
    }
  }
});
