import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  batchHash,
  parseStoredBatchKey,
  storedBatchFromBytes,
  storedBatchKey,
  storedBatchToBytes,
} from '../../../shared/format/stored-batch.ts';

const SECRET = 'ingest secret of the test';
const batch = new TextEncoder().encode('a batch');
const KEY = storedBatchKey('7f53.mx3h-12-15', Date.UTC(2026, 10, 30, 23, 59), batchHash(batch));

test('a key says day, shard, first entry, when it was sealed and what it holds', () => {
  expect(KEY).toMatch(
    /^log\/v1\/day=2026-11-30\/shard=7f53\.mx3h\/000000000012-\d{13}-[0-9a-f]{16}$/,
  );
  expect(parseStoredBatchKey(KEY)).toEqual({
    day: '2026-11-30',
    shard: '7f53.mx3h',
    first: 12,
    sealedAt: Date.UTC(2026, 10, 30, 23, 59),
    hash: batchHash(batch).slice(0, 16),
  });
});

test('keys of a shard and day are in the order of its log', () => {
  const first = fc.integer({ min: 1, max: 999_999_999_999 });
  fc.assert(
    fc.property(first, first, (a, b) => {
      const keyOf = (n: number) =>
        storedBatchKey(`s.1-${n}-${n + 5}`, 1_796_030_000_000, 'ab'.repeat(32));
      expect(Math.sign(keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0)).toBe(
        Math.sign(a - b),
      );
    }),
  );
});

test.each([
  '',
  'log/v1/',
  `${KEY}x`,
  KEY.replace('v1', 'v2'),
  `../${KEY}`,
  KEY.replace('mx3h', 'a/b'),
])('%j is no key of a batch', (key) => {
  expect(parseStoredBatchKey(key)).toBeUndefined();
});

test('a batch id that names no entries has no key', () => {
  expect(() => storedBatchKey('whatever', 1, 'ab')).toThrow(/names no entries/);
});

describe('a stored batch', () => {
  const bytes = storedBatchToBytes(KEY, batch, 'fingerprint', SECRET);

  test('is read with who keyed its ids, by any of the secrets', () => {
    const read = storedBatchFromBytes(KEY, bytes, ['another secret', SECRET]);
    expect([...read.batch]).toEqual([...batch]);
    expect(read.identity).toBe('fingerprint');
  });

  test('is refused under another key, by another secret, and with any byte of what counts changed', () => {
    const other = KEY.replace('000000000012', '000000000013');
    expect(() => storedBatchFromBytes(other, bytes, [SECRET])).toThrow(/not signed/);
    expect(() => storedBatchFromBytes('elsewhere', bytes, [SECRET])).toThrow(/not the key/);
    expect(() => storedBatchFromBytes(KEY, bytes, ['another secret'])).toThrow(/not signed/);
    // Behind the head, and before the frame's checksum, which is not looked at.
    for (let at = 14; at < bytes.length - 8; at++) {
      const changed = bytes.slice();
      changed[at] ^= 1;
      expect(() => storedBatchFromBytes(KEY, changed, [SECRET])).toThrow(/./);
    }
  });

  test('is refused however it is cut off', () => {
    for (let length = 0; length < bytes.length - 1; length++)
      expect(() => storedBatchFromBytes(KEY, bytes.subarray(0, length), [SECRET])).toThrow(/./);
  });
});
