import { expect, test } from 'vitest';
import {
  featureMap,
  mapCodes,
  sharesEnough,
} from '../../../../backend/log/training-set/feature-map.ts';
import { parseSchema } from '../../../../shared/features/schema.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { tripWishes } from '../../../world/trip-wishes.ts';

test('a log of the first default schema is read under the one of now, each code where it belongs', () => {
  const before = tripWishes.features.length;
  const map = featureMap(tripWishes, smarttrip);
  expect(sharesEnough(map, before)).toBe(true);
  const codes = Uint8Array.from({ length: 2 * before }, (_, i) => i + 1);
  const mapped = mapCodes(codes, map, before);
  for (const row of [0, 1])
    smarttrip.features.forEach(({ name }, feature) => {
      const index = tripWishes.features.findIndex((spec) => spec.name === name);
      const code = index < 0 ? 0 : codes[row * before + index];
      expect(mapped[row * smarttrip.features.length + feature], name).toBe(code);
    });
});

const schemaOf = (...names: string[]) =>
  parseSchema({
    name: 'one',
    columns: [{ name: 'word', type: 'category' }],
    features: names.map((name) => ({ name, kind: 'category', column: 'word', values: [name] })),
  });

test.each<[sentence: string, from: string, to: string, enough: boolean]>([
  ['half of the features of both', 'ab', 'bc', true],
  ['all of a log of fewer features', 'ab', 'abcdef', true],
  ['half of a log of fewer features', 'ab', 'bcdefg', true],
  ['less than half of either', 'abc', 'cdefg', false],
  ['half of a schema of fewer features', 'abcdef', 'fg', true],
  ['none', 'ab', 'cd', false],
])('%s', (_, from, to, enough) => {
  expect(sharesEnough(featureMap(schemaOf(...from), schemaOf(...to)), from.length)).toBe(enough);
});
