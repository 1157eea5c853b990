import { describe, expect, it } from 'vitest';
import { isVersion, parseItemId, parseVersion, versionOf } from '../../../shared/domain/ids.ts';

describe('ids', () => {
  it.each(['a', 'trip-1', 'Zürich', '食', 'a/b?c=d', '~'.repeat(128)])('%s is one', (id) => {
    expect(parseItemId(id)).toBe(id);
  });

  it.each<[unknown, string]>([
    ['', 'was ""'],
    ['two words', 'was "two words"'],
    ['line\nbreak', 'was "line\\nbreak"'],
    ['bell\u0007', 'was "bell\\u0007"'],
    ['half\ud83d', 'was "half\\ud83d"'],
    ['\udc00', 'was "\\udc00"'],
    ['x'.repeat(129), 'item id must be 1 to 128 printable characters without spaces'],
    [5, 'was 5'],
    [null, 'was null'],
    [undefined, 'was undefined'],
  ])('%j is not', (id, message) => {
    expect(() => parseItemId(id)).toThrow(message);
  });
});

describe('versions', () => {
  it.each([
    [0, 'v000000'],
    [41, 'v000041'],
    [1_234_567, 'v1234567'],
  ])('number %i is %s', (n, version) => {
    expect(versionOf(n)).toBe(version);
    expect(isVersion(version)).toBe(true);
  });

  it.each(['v41', '000041', 'V000041', 'v000041 ', 'v0000411234', 41, null])(
    '%j is none',
    (value) => {
      expect(isVersion(value)).toBe(false);
      expect(() => parseVersion(value)).toThrow('version must look like v000041, but was');
    },
  );
});
