import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asciiJson } from '../../../shared/text/ascii-json.ts';

test('JSON for a header holds ASCII alone, and is the same value', () => {
  const text = fc.string({ unit: 'binary' });
  const value = fc.dictionary(text, fc.oneof(text, fc.double({ noNaN: true }), fc.constant(null)));
  fc.assert(
    fc.property(value, (given) => {
      const json = asciiJson(given);
      expect(json).toMatch(/^[\x20-\x7e]*$/);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(given)));
      new Headers().set('x-value', json);
    }),
  );
  expect(asciiJson('aé漢👩\ud800\u007f')).toBe(String.raw`"a\u00e9\u6f22\ud83d\udc69\ud800\u007f"`);
});
