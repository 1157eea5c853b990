import { expect, test } from 'vitest';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import type { ItemId } from '../../../shared/domain/ids.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { FormatError } from '../../../shared/format/bytes.ts';
import { HEAD_BYTES, sealFrame } from '../../../shared/format/frame.ts';
import { snapshotFromBytes, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import { rowsByCode } from '../../../shared/features/columns/rows-by-code.ts';

const schema = parseSchema({
  name: 'shop',
  columns: [{ name: 'brand', type: 'category' }],
  features: [{ name: 'brand', kind: 'category', column: 'brand', values: ['a', 'b'] }],
});
/** Sorted by brand, so that blocks have ranges. */
const table = packItems(
  schema.columns,
  Array.from({ length: 2000 }, (_, i) => ({
    id: `i${String(i).padStart(4, '0')}` as ItemId,
    attributes: { brand: 'abc'[Math.floor(i / 700)] },
  })),
);
const sealed = snapshotToBytes(schema, table);
/** Where arrays of the bytes begin, once it is known that a snapshot is read in place. */
const read = () => {
  const bytes = sealed.slice();
  const { table: own, blocks } = snapshotFromBytes(bytes);
  const [column] = own.columns;
  const ranges = blocks!.columns[0].levels[0]!;
  return { bytes, counts: rowsByCode(column), codes: column.codes, ...ranges };
};
const reread = (bytes: Uint8Array) =>
  snapshotFromBytes(sealFrame('TTSN', 2, schema.hash, bytes.slice(HEAD_BYTES, -8)));

test('what is as it was written is read', () => {
  expect(reread(read().bytes).blocks).toBeDefined();
});

test.each([
  ['a block with codes beyond the dictionary', 'beyond its', (own) => own.high.fill(255)],
  ['blocks of one such code', 'beyond its', (own) => (own.low.fill(4), own.high.fill(4))],
  ['a block without codes', 'no codes', (own) => own.low.fill(255)],
  ['codes that no row is counted for', 'rows are counted', (own) => own.counts.fill(0)],
  ['more rows than there are', 'rows are counted', (own) => own.counts.fill(2 ** 32 - 1)],
  ['a code beyond the dictionary', 'has code', (own) => own.codes.fill(4, 1999)],
] satisfies [string, string, (own: ReturnType<typeof read>) => unknown][])(
  '%s is refused, sealed as it is',
  (_, said, lie) => {
    const own = read();
    lie(own);
    expect(() => reread(own.bytes)).toThrow(FormatError);
    expect(() => reread(own.bytes)).toThrow(said);
  },
);

test('so are more rows than keys of rows have numbers', () => {
  const text = Buffer.from(read().bytes.slice(HEAD_BYTES)).toString('latin1');
  const more = text.replace('"rows":2000,', '"rows":33554433,');
  const at = Buffer.from(more, 'latin1');
  at.writeUInt32LE(at.readUInt32LE(0) + 4, 0);
  expect(() => snapshotFromBytes(sealFrame('TTSN', 2, schema.hash, at.subarray(0, -8)))).toThrow(
    'more than can be told apart',
  );
});
