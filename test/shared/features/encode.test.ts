import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codesOf, encodeRequest, indexRows } from '../../../shared/features/encode.ts';
import {
  attributesAt,
  packItems,
  type ItemTable,
} from '../../../shared/features/columns/item-table.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { snapshotFromBytes, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import { encodeItem, type Competition } from '../../oracle/encode.ts';
import { competitions, schemas } from '../support/arbitrary.ts';
import { fuzz, SEED } from '../support/seed.ts';

const encodeAll = (schema: Schema, table: ItemTable, { visit, nowMs }: Competition) =>
  codesOf(
    encodeRequest(schema, table, indexRows(table), visit, nowMs),
    Array.from(table.ids, (_, row) => row),
  );

const slowly = (schema: Schema, competition: Competition) =>
  Uint8Array.from(competition.items.flatMap((_, row) => encodeItem(schema, row, competition)));

describe(`codes of random schemas, items and requests (seed ${SEED})`, () => {
  it('equal those of encoding item by item', () => {
    fuzz(
      fc.tuple(schemas, competitions),
      ([schema, competition]) => {
        const table = packItems(schema.columns, competition.items, competition.ordered);
        expect(encodeAll(schema, table, competition)).toEqual(slowly(schema, competition));
      },
      1500,
    );
  });

  it('are the same from a snapshot that went through bytes', () => {
    fuzz(fc.tuple(schemas, competitions), ([schema, competition]) => {
      const packed = packItems(schema.columns, competition.items);
      const { table } = snapshotFromBytes(snapshotToBytes(schema, packed));
      const unordered = { ...competition, ordered: false };
      expect(encodeAll(schema, table, unordered)).toEqual(slowly(schema, unordered));
    });
  });

  it('are the same after unpacking the attributes and packing them again', () => {
    fuzz(fc.tuple(schemas, competitions), ([schema, competition]) => {
      const packed = packItems(schema.columns, competition.items, competition.ordered);
      const unpacked = packed.ids.map((id, row) => ({ id, attributes: attributesAt(packed, row) }));
      const again = packItems(schema.columns, unpacked, competition.ordered);
      expect(encodeAll(schema, again, competition)).toEqual(slowly(schema, competition));
    });
  });
});
