import { expect, test } from 'vitest';
import { Batches, strideOf } from '../../../../../backend/science/learn/mlp/batches.ts';
import { agreeingSlates } from './support.ts';

const set = agreeingSlates(50, 5, 3);

test('an epoch has every slate once, whole, with its codes by row', () => {
  const batches = new Batches(set, 'pointwise', 40);
  const found: string[] = [];
  for (const batch of batches.shuffled(1)) {
    expect(batch.rows).toBeLessThanOrEqual(batches.mostRows);
    for (let slate = 0; slate + 1 < batch.starts.length; slate++) {
      const [first, end] = [batch.starts[slate], batch.starts[slate + 1]];
      const stride = strideOf(5);
      found.push(
        JSON.stringify([
          Array.from(batch.codes.subarray(first * stride, end * stride)),
          Array.from(batch.reward.subarray(first, end)),
        ]),
      );
    }
  }
  const expected = Array.from({ length: 50 }, (_, slate) => {
    const rows = Array.from(
      { length: set.starts[slate + 1] - set.starts[slate] },
      (_unused, slot) => set.starts[slate] + slot,
    );
    const codes = rows.flatMap((row) =>
      Array.from({ length: 8 }, (_unused, f) => (f < 5 ? set.codes[f * set.rows + row] : 0)),
    );
    return JSON.stringify([codes, rows.map((row) => set.reward[row])]);
  });
  expect(found.toSorted()).toEqual(expected.toSorted());
  expect(found).not.toEqual(expected);
});

test('an order depends on its seed alone', () => {
  const batches = new Batches(set, 'listwise', 40);
  expect([...batches.shuffled(5)]).toEqual([...batches.shuffled(5)]);
  expect([...batches.shuffled(5)]).not.toEqual([...batches.shuffled(6)]);
});

test('a listwise epoch leaves out slates that earned nothing, unless their outside option has a weight', () => {
  const reward = set.reward.slice();
  reward.fill(0, 0, set.starts[10]);
  const batches = new Batches({ ...set, reward }, 'listwise', 40);
  let slates = 0;
  for (const { starts } of batches.shuffled(1)) slates += starts.length - 1;
  expect(slates).toBe(40);
  expect(batches.mass).toBe(40);
  const outside = new Float32Array(set.starts.length - 1);
  outside[3] = 0.5;
  const withOne = [...new Batches({ ...set, reward, outside }, 'listwise', 40).shuffled(1)];
  expect(withOne.reduce((sum, { starts }) => sum + starts.length - 1, 0)).toBe(41);
  expect(withOne.flatMap((batch) => [...batch.outside!]).filter((own) => own > 0)).toEqual([0.5]);
});
