import { expect, test } from 'vitest';
import { hexToBytes } from '../../../shared/hash/hex.ts';
import { hashSuite } from '../../suites/support/hashes.ts';

hashSuite();

test('what is not hexadecimal is refused', () => {
  expect(hexToBytes('00ffA5')).toEqual(Uint8Array.of(0, 255, 0xa5));
  for (const hex of ['0', '0g', ' 0']) expect(() => hexToBytes(hex)).toThrow('hex digits');
});
