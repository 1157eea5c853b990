import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hitAt, ndcgAt, reciprocalRank } from '../../../backend/evaluate/ranking-metrics.ts';
import { hasShared, sharedFile, unless } from '../../support/shared-data.ts';

describe('ranking metrics by hand', () => {
  test.each([
    ['first of three', [1, 0, 0], 1, 1, 1],
    ['second of three', [0, 1, 0], 1 / 2, 1 / Math.log2(3), 0],
    ['none', [0, 0, 0], 0, 0, 0],
    ['two, the lesser one first', [1, 3], 1, (1 + 3 / Math.log2(3)) / (3 + 1 / Math.log2(3)), 1],
  ])('%s', (_, gains, mrr, ndcg, hit) => {
    expect(reciprocalRank(gains)).toBe(mrr);
    expect(ndcgAt(gains, 10)).toBeCloseTo(ndcg, 12);
    expect(hitAt(gains, 1)).toBe(hit);
  });
});

interface Case {
  readonly input: { readonly relevance: readonly number[]; readonly score: readonly number[] };
  readonly expected: Readonly<Record<string, number | null>>;
}
const FILE = 'vectors/ranking_metrics.json';

describe.skipIf(!hasShared(FILE))(
  `ranking metrics as other tools compute them${unless(FILE)}`,
  () => {
    const { cases }: { cases: readonly Case[] } = hasShared(FILE)
      ? JSON.parse(readFileSync(sharedFile(FILE), 'utf8'))
      : { cases: [] };

    test(`agree on all ${cases.length} cases to 1e-6`, () => {
      let compared = 0;
      for (const { input, expected } of cases) {
        const gains = input.score
          .map((score, i) => ({ score, i }))
          .toSorted((a, b) => b.score - a.score || a.i - b.i)
          .map(({ i }) => input.relevance[i]);
        for (const [name, value] of Object.entries(expected)) {
          const [, metric, k] =
            /^(mrr|hit|ndcg)@(\d+|None)(?:_linear_gain_ignore_ties)?$/.exec(name) ?? [];
          if (metric === undefined || value === null) continue;
          const slots = k === 'None' ? gains.length : Number(k);
          const own = {
            mrr: () => reciprocalRank(gains.slice(0, slots)),
            hit: () => hitAt(gains, slots),
            ndcg: () => ndcgAt(gains, slots),
          }[metric as 'mrr' | 'hit' | 'ndcg']();
          expect(Math.abs(own - value), `${name} of ${JSON.stringify(input)}`).toBeLessThan(1e-6);
          compared++;
        }
      }
      expect(compared).toBeGreaterThan(5 * cases.length);
    });
  },
);
