import type { ItemTable, ListedTable } from '../../shared/features/columns/item-table.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { ByteWriter } from '../../shared/format/bytes.ts';
import { sealFrame } from '../../shared/format/frame.ts';
import type { Snapshot } from '../../shared/format/snapshot-bytes.ts';

/** A snapshot with its ids as a list, to be compared. */
export const listed = ({
  table,
  ...others
}: Snapshot): Omit<Snapshot, 'table'> & { table: ListedTable } => ({
  ...others,
  table: { ...table, ids: [...table.ids] },
});

/** As snapshots were written before format 2, which is still read. */
export function snapshotToBytesOfFormat1(
  schema: Schema,
  { ids, columns }: ItemTable,
): Uint8Array<ArrayBuffer> {
  const payload = new ByteWriter().text(JSON.stringify([...ids])).u16(columns.length);
  for (const { spec, values, codes } of columns) {
    payload.text(JSON.stringify(spec)).text(JSON.stringify(values.slice(1)));
    const width = values.length <= 0x100 ? 1 : values.length <= 0x1_0000 ? 2 : 4;
    const bytes = new ByteWriter();
    for (const code of codes)
      if (width === 1) bytes.u8(code);
      else if (width === 2) bytes.u16(code);
      else bytes.u32(code);
    payload.u8(width).block(bytes.finish());
  }
  return sealFrame('TTSN', 1, schema.hash, payload.finish());
}
