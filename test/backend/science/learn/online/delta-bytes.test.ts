import { expect, test } from 'vitest';
import {
  deltasFromBytes,
  deltasToBytes,
} from '../../../../../backend/science/learn/online/delta-bytes.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { bucketCount } from '../../../../../shared/features/schema.ts';
import { smarttrip } from '../../../../../shared/features/smarttrip.ts';
import { FormatError } from '../../../../../shared/format/bytes.ts';
import { toPoints } from '../../../../../shared/score/scorer.ts';

test('deltas of any size are stored exactly, in a few bytes each', () => {
  const random = seededRandom(3);
  const deltas = smarttrip.features.flatMap((spec) =>
    Array.from({ length: bucketCount(spec) }, (_, bucket) => bucket)
      .filter(() => random() < 0.6)
      .map((bucket) => {
        const units = Math.round((random() - 0.5) * 2 ** Math.floor(28 * random()));
        return { feature: spec.name, bucket, points: toPoints(units === 0 ? -1 : units) };
      }),
  );
  expect(deltas.length).toBeGreaterThan(100);
  const bytes = deltasToBytes(smarttrip, deltas.toReversed());
  expect(deltasFromBytes(smarttrip, bytes)).toEqual(deltas);
  expect(bytes.length / deltas.length).toBeLessThan(5);
  expect(deltasFromBytes(smarttrip, new Uint8Array())).toEqual([]);
  // The last number ends within itself.
  const cut = Uint8Array.of(...bytes, 200);
  expect(() => deltasFromBytes(smarttrip, cut)).toThrow(FormatError);
});
