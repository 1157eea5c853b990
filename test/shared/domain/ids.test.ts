import { describe, expect, it } from 'vitest';
import {
  isVersion,
  parseGivenId,
  parseItemId,
  parseVersion,
  readItemId,
  versionOf,
} from '../../../shared/domain/ids.ts';

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

describe('what comes in as an id is what is seen', () => {
  it.each([
    ['an ideographic space', 'a\u3000b', 'U+3000'],
    ['an em space', 'a\u2003b', 'U+2003'],
    ['a space of width 0', 'a\u200b', 'U+200B'],
    ['a byte-order mark', '\ufeffa', 'U+FEFF'],
    ['a soft hyphen', 'a\u00adb', 'U+00AD'],
    ['a line separator', 'a\u2028b', 'U+2028'],
    ['a mark of direction', 'a\u200fb', 'U+200F'],
    ['an override of direction', 'a\u202eb', 'U+202E'],
    ['an isolate', 'a\u2066b', 'U+2066'],
    ['a character that was lost', 'caf\ufffd', 'U+FFFD'],
    ['no character', 'a\uffff', 'U+FFFF'],
  ])('%s is refused, named and not shown', (_, id, codePoint) => {
    for (const parse of [
      readItemId,
      (value: unknown) => parseGivenId(value, 'sessionId'),
      (value: unknown) => parseGivenId(value, 'userId'),
    ])
      expect(() => parse(id)).toThrow(
        new RegExp(
          `must be 1 to 128 printable characters without spaces, but "[\\x20-\\x7e]*" holds ${codePoint.replace('+', '\\+')}`,
        ),
      );
    // Stored before this was refused.
    expect(parseItemId(id)).toBe(id);
  });

  it.each(['क्\u200dष', 'می\u200cخواهم', '👩\u200d👧', 'e\u0301', '\u0301', '😀'.repeat(64)])(
    '%s passes',
    (id) => {
      expect(readItemId(id)).toBe(id);
    },
  );

  it.each<[unknown, string]>([
    [2 ** 53, 'was 9007199254740992'],
    [Number.POSITIVE_INFINITY, 'was Infinity'],
    [-0, 'was -0'],
    [1.5, 'was 1.5'],
  ])('the number %d is refused with its digits', (id, message) => {
    expect(() => readItemId(id)).toThrow(message);
  });

  it.each(['jo@example.org', 'mailto:jo@example.org', 'jo%40example.org', 'jo＠example.org'])(
    '%s is an e-mail address',
    (id) => {
      expect(() => parseGivenId(id, 'userId')).toThrow('must not be an e-mail address');
    },
  );

  it.each([
    '+49301234567',
    'tel:+49301234567',
    'TEL:0049301234567',
    'tel:555-123-4567',
    '555-123-4567',
    '0049301234567',
  ])('%s is a phone number', (id) => {
    expect(() => parseGivenId(id, 'userId')).toThrow('must not be a phone number');
  });

  it.each([
    '5f0c2a91-d4e0-4b7c-8a1e-000000000000',
    'u_12345',
    'session-1',
    '1234567a',
    '301234567',
  ])('%s is of nobody that can be called', (id) => {
    expect(parseGivenId(id, 'sessionId')).toBe(id);
  });

  it.each(['.', '..', 'a'.repeat(129), '', 'a b', '\ud800a'])('%j is none', (id) => {
    expect(() => parseGivenId(id, 'sessionId')).toThrow('sessionId must');
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
