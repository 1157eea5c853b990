import { packItems, attributesAt } from '../features/columns/item-table.ts';
import type { Item } from '../domain/item.ts';
import type { Schema } from '../features/schema.ts';
import type { TableEdit } from '../score/edit-table.ts';
import { FormatError, ByteWriter } from './bytes.ts';
import { openFrame, sealFrame } from './frame.ts';
import { snapshotFromBytes, snapshotToBytes } from './snapshot-bytes.ts';

/**
 * A patch of a snapshot as bytes: frame `TTSP`. A JSON header, then the items that are new or different as a snapshot of them alone. Like
 * a snapshot it is named by a hash of its bytes.
 */
const MAGIC = 'TTSP';
export const NEWEST_PATCH_FORMAT = 1;

/** From one state of a catalogue to a later one. */
export interface Patch {
  readonly schemaHash: string;
  /** Hashes of the states that it may be applied to: the one that it begins at, and those that were published on the way. */
  readonly from: readonly string[];
  readonly edit: TableEdit;
}

interface Header {
  readonly from: readonly string[];
  readonly sort: readonly number[];
  readonly withdrawn: readonly string[];
}

export function patchToBytes(
  schema: Pick<Schema, 'hash'>,
  { from, edit: { sort, withdrawn, put } }: Omit<Patch, 'schemaHash'>,
): Uint8Array<ArrayBuffer> {
  const header: Header = { from, sort, withdrawn };
  const payload = new ByteWriter().text(JSON.stringify(header)).block(snapshotToBytes(schema, put));
  return sealFrame(MAGIC, NEWEST_PATCH_FORMAT, schema.hash, payload.finish());
}

/** @throws FormatError when the bytes are damaged. */
export function patchFromBytes(bytes: Uint8Array): Patch {
  const { schemaHash, payload } = openFrame(MAGIC, NEWEST_PATCH_FORMAT, bytes);
  const header = headerFrom(payload.text());
  const put = snapshotFromBytes(payload.block());
  payload.end();
  if (put.schemaHash !== schemaHash) throw new FormatError('a patch has items of another schema');
  const { from, sort, withdrawn } = header;
  return { schemaHash, from, edit: { sort, withdrawn, put: put.table } };
}

function headerFrom(text: string): Header {
  let value: Partial<Record<keyof Header, unknown>> | null;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FormatError('the header of a patch is not JSON');
  }
  const { from, sort, withdrawn } = value ?? {};
  if (!isListOf(from, 'string') || !isListOf(sort, 'number') || !isListOf(withdrawn, 'string'))
    throw new FormatError('the header of a patch lacks a list');
  return { from, sort, withdrawn } as Header;
}

const isListOf = (value: unknown, type: 'string' | 'number'): boolean =>
  Array.isArray(value) && value.every((entry) => typeof entry === type);

/** One edit that does what several do, one after the other: of an item the last one holds. */
export function joinEdits(edits: readonly [TableEdit, ...TableEdit[]]): TableEdit {
  if (edits.length === 1) return edits[0];
  const items = new Map<string, Item | undefined>();
  for (const { withdrawn, put } of edits) {
    for (const id of withdrawn) items.set(id, undefined);
    let row = 0;
    for (const id of put.ids) items.set(id, { id, attributes: attributesAt(put, row++) });
  }
  const last = edits.at(-1)!;
  return {
    sort: last.sort,
    withdrawn: [...items].flatMap(([id, item]) => (item === undefined ? [id] : [])),
    put: packItems(
      last.put.columns.map(({ spec }) => spec),
      [...items.values()].filter((item) => item !== undefined),
    ),
  };
}
