import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketCount, type Schema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { BLOCK } from '../../../shared/score/rerank-block.ts';
import { rerankRows, rerankUnits, type RerankingScorer } from '../../../shared/score/rerank.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import {
  flatNetwork,
  flatTrees,
  randomForest,
  randomNetwork,
} from '../../oracle/random-rerankers.ts';
import { forestUnits, networkUnits, type PlainTree } from '../../oracle/reranker.ts';
import { schemas } from '../support/arbitrary.ts';
import { fuzz, SEED } from '../support/seed.ts';

const first = (schema: Schema) => ({
  ...additiveFromPoints(schema, {}, { version: 'v000007' as Version, name: 'random' }),
  rerank: { depth: 2000, adds: false },
});
const forestOf = (schema: Schema, plain: readonly PlainTree[]): RerankingScorer => ({
  ...first(schema),
  kind: 'forest',
  trees: flatTrees(plain),
});

/** Codes of rows, each any of its feature's buckets. */
function randomRows(schema: Schema, rows: number, seed: number): number[][] {
  const random = seededRandom(seed);
  return Array.from({ length: rows }, () =>
    schema.features.map((feature) => Math.floor(random() * bucketCount(feature))),
  );
}

const inBlocks = (scorer: RerankingScorer, rows: readonly number[][]): number[] =>
  Array.from(
    rerankRows(scorer, rows.length, (codes, from, count) => {
      // What an earlier call left in the other rows must not matter.
      codes.fill(255);
      for (let i = 0; i < count; i++)
        rows[from + i].forEach((code, feature) => (codes[feature * BLOCK + i] = code));
    }),
  );

function expectForest(schema: Schema, plain: readonly PlainTree[], rows: readonly number[][]) {
  const scorer = forestOf(schema, plain);
  const units = inBlocks(scorer, rows);
  expect(units).toEqual(rows.map((codes) => forestUnits(plain, codes)));
  expect(units).toEqual(rows.map((codes) => rerankUnits(scorer, codes)));
}

const seed = fc.nat(2 ** 31);
const rowCounts = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.constantFrom(BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 17),
);

describe(`trees in blocks of rows (seed ${SEED})`, () => {
  it('give every row what a recursive walk of the same trees gives, bit for bit', () => {
    const cases = fc.record({
      schema: schemas,
      trees: fc.integer({ min: 1, max: 12 }),
      leaves: fc.oneof(
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(63, 64, 65, 255, 256, 257, 600),
      ),
      rows: rowCounts,
      seed,
    });
    fuzz(
      cases,
      ({ schema, trees, leaves, rows, seed: own }) =>
        expectForest(
          schema,
          randomForest(schema, { trees, leaves, seed: own }),
          randomRows(schema, rows, own),
        ),
      200,
    );
  });

  it.each([
    ['the greatest code at the greatest threshold', 255, 'right'],
    ['a threshold of the missing code alone', 0, 'left'],
    ['a threshold that only the shifted missing code exceeds', 254, 'right'],
  ] as const)('send rows as the walk does: %s', (_, upTo, missing) => {
    const split = { feature: 0, upTo, missing } as const;
    const plain: PlainTree[] = [
      { ...split, left: { units: 1 }, right: { units: -67_108_864 } },
      // The root is a leaf.
      { units: -3 },
    ];
    const codes = Array.from({ length: 256 }, (__, code) => [code]);
    expectForest(smarttrip, plain, codes);
  });

  it('add up mixed sizes, those beyond 256 leaves walked alone', () => {
    const plain = [1, 300, 2, 256, 31, 1000].flatMap((leaves, i) =>
      randomForest(smarttrip, { trees: 2, leaves, seed: i + 1 }),
    );
    expectForest(smarttrip, plain, randomRows(smarttrip, 333, 5));
  });

  it('take a chain as deep as there are leaves', () => {
    let plain: PlainTree = { units: 0 };
    for (let upTo = 1; upTo < 256; upTo++)
      plain = {
        feature: 22,
        upTo: upTo % 145,
        missing: 'left',
        left: { units: upTo },
        right: plain,
      };
    expectForest(smarttrip, [plain], randomRows(smarttrip, 200, 6));
  });
});

describe(`a network in blocks of rows (seed ${SEED})`, () => {
  it('gives every row what nested loops over the same parameters give, bit for bit', () => {
    const cases = fc.record({
      schema: schemas,
      width: fc.integer({ min: 1, max: 20 }),
      hidden: fc.constantFrom(0, 1, 2, 7, 8, 9, 33),
      scale: fc.constantFrom(0.01, 1, 3, 30),
      rows: rowCounts,
      seed,
    });
    fuzz(cases, ({ schema, rows, seed: own, ...shape }) => {
      const plain = randomNetwork(schema, { ...shape, seed: own });
      const scorer = { ...first(schema), kind: 'mlp' as const, network: flatNetwork(plain) };
      const codes = randomRows(schema, rows, own);
      const units = inBlocks(scorer, codes);
      // `+ 0`: the oracle keeps the sign of 0, which units do not have.
      expect(units).toEqual(codes.map((codesOfRow) => networkUnits(plain, codesOfRow) + 0));
      expect(units).toEqual(codes.map((codesOfRow) => rerankUnits(scorer, codesOfRow)));
    });
  });

  it('does so at the greatest width that there may be', () => {
    const plain = randomNetwork(smarttrip, { width: 132, hidden: 256, seed: 9 });
    const scorer = { ...first(smarttrip), kind: 'mlp' as const, network: flatNetwork(plain) };
    const codes = randomRows(smarttrip, 5, 9);
    expect(inBlocks(scorer, codes)).toEqual(codes.map((own) => networkUnits(plain, own) + 0));
  });
});

it('models that do not fit in memory together take turns without a mistake', () => {
  // 0.7 MB each, where 8 MiB find room.
  const plain = Array.from({ length: 14 }, (_, n) =>
    randomNetwork(smarttrip, { width: 132, hidden: 256, seed: n }),
  );
  const trees = randomForest(smarttrip, { trees: 20, leaves: 31, seed: 4 });
  const networks = plain.map((own) => ({
    ...first(smarttrip),
    kind: 'mlp' as const,
    network: flatNetwork(own),
  }));
  const forest = forestOf(smarttrip, trees);
  const codes = randomRows(smarttrip, 3, 7);
  for (let round = 0; round < 2; round++) {
    networks.forEach((scorer, i) => {
      expect(inBlocks(scorer, codes)).toEqual(codes.map((own) => networkUnits(plain[i], own) + 0));
      expect(inBlocks(forest, codes)).toEqual(codes.map((own) => forestUnits(trees, own)));
    });
  }
});
