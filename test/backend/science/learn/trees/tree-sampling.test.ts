import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { boost } from '../../../../../backend/science/learn/trees/boost.ts';
import { drawSample } from '../../../../../backend/science/learn/trees/tree-sampling.ts';
import type {
  Booster,
  TreeSample,
} from '../../../../../backend/science/learn/device/tree-growers.ts';

const share = fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100);
const drawing = fc.record({
  lengths: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 60 }),
  features: fc.integer({ min: 1, max: 40 }),
  sampling: fc.record({ features: share, slates: share, seed: fc.integer() }),
  draw: fc.nat(),
});

/** Slates of these lengths. */
function slatesOf(lengths: readonly number[]) {
  const starts = [0];
  for (const length of lengths) starts.push(starts.at(-1)! + length);
  return { rows: starts.at(-1)!, starts: Uint32Array.from(starts) };
}

describe('a sample for a tree', () => {
  test('has its share of the features, and of the slates with all of their rows', () => {
    fc.assert(
      fc.property(drawing, ({ lengths, features, sampling, draw }) => {
        const { rows, starts } = slatesOf(lengths);
        const sample = drawSample({ rows, features, starts }, sampling, draw);
        const allowed = sample.features?.reduce((sum, own) => sum + own, 0) ?? features;
        expect(allowed).toBe(Math.min(features, Math.ceil(sampling.features * features)));
        if (sampling.slates === 1) {
          expect(sample.rows).toBeUndefined();
          return;
        }
        const drawn = [...sample.rows!];
        expect(drawn).toEqual(drawn.toSorted((a, b) => a - b));
        const isIn = new Set(drawn);
        expect(isIn.size).toBe(drawn.length);
        // Slates without rows are drawn too, and do not show.
        let [drawnSlates, emptySlates] = [0, 0];
        lengths.forEach((length, slate) => {
          const own = Array.from({ length }, (_, i) => isIn.has(starts[slate] + i));
          expect(new Set(own).size).toBeLessThanOrEqual(1);
          if (length === 0) emptySlates++;
          else if (own[0]) drawnSlates++;
        });
        const wanted = Math.ceil(sampling.slates * lengths.length);
        expect(drawnSlates).toBeLessThanOrEqual(wanted);
        expect(drawnSlates + emptySlates).toBeGreaterThanOrEqual(wanted);
      }),
    );
  });

  test('depends on seed and number of the draw alone', () => {
    fc.assert(
      fc.property(drawing, ({ lengths, features, sampling, draw }) => {
        const set = { ...slatesOf(lengths), features };
        expect(drawSample(set, sampling, draw)).toEqual(drawSample(set, sampling, draw));
      }),
    );
    const set = { rows: 1000, features: 40 };
    const sampling = { features: 0.5, slates: 0.5, seed: 7 };
    const samples = [0, 1, 2].map((draw) => drawSample(set, sampling, draw));
    samples.push(drawSample(set, { ...sampling, seed: 8 }, 0));
    const different = new Set(samples.map(({ rows }) => rows!.join()));
    expect(different.size).toBe(4);
  });

  test('is as likely to have one row, or feature, as any other', () => {
    const draws = 4000;
    const counts = new Float64Array(10);
    for (let draw = 0; draw < draws; draw++) {
      const { rows, features } = drawSample(
        { rows: 10, features: 10 },
        { features: 0.3, slates: 0.3, seed: 3 },
        draw,
      );
      for (const row of rows!) counts[row]++;
      features!.forEach((own, feature) => (counts[feature] += own));
    }
    // A binomial of 8,000 trials at 0.3: five standard deviations. The seed is fixed, so this holds or it does not.
    for (const count of counts) expect(Math.abs(count - 2400)).toBeLessThan(5 * 41);
  });
});

test('boosting goes on where a sample leaves nothing to split on, and ends after many in turn', async () => {
  const asked: number[] = [];
  const tree = { feature: [], threshold: [], shift: [], left: [], value: [], gain: [], cover: [] };
  const from = async (splittable: (draw: number) => boolean) => {
    asked.length = 0;
    const booster: Booster = {
      heldOutLoss: async () => undefined,
      next: async (sample?: TreeSample) => {
        const draw = sample!.rows![0];
        asked.push(draw);
        return splittable(draw) ? { tree, loss: 1 } : undefined;
      },
      close: async () => {},
    };
    const sampleOf = (draw: number) => ({ rows: Uint32Array.of(draw) });
    return (await boost(booster, { trees: 3, sampleOf })).trees.length;
  };
  expect(await from((draw) => draw % 16 === 2)).toBe(3);
  expect(asked).toEqual([0, 1, 2, 16, 17, 18, 32, 33, 34]);
  expect(await from((draw) => draw < 16)).toBe(1);
  expect(asked).toEqual([0, ...Array.from({ length: 16 }, (_, draw) => 16 + draw)]);
});
