import type { Trade } from '../../shared/domain/trade.ts';
import { patchFromBytes } from '../../shared/format/patch-bytes.ts';
import { snapshotFromBytes } from '../../shared/format/snapshot-bytes.ts';
import { patched } from '../../shared/format/patched.ts';
import { rankable, type RankableTable } from '../../shared/score/rankable.ts';
import type { Packed } from './published.ts';

export interface LoadedTable {
  readonly schemaHash: string;
  readonly table: RankableTable;
  readonly trade?: Trade;
}

/** A catalogue of a million items takes a second to unpack: the last two stay. */
const KEPT = 2;
const known = new Map<string, LoadedTable>();

export function tableOf({ hash, bytes, patches = [] }: Packed): LoadedTable {
  const found = known.get(hash);
  if (found !== undefined) return found;
  const { schemaHash, table, blocks, trade } = patched(
    snapshotFromBytes(bytes),
    patches.map(patchFromBytes),
  );
  const loaded = { schemaHash, table: rankable(table, blocks), ...(trade && { trade }) };
  known.set(hash, loaded);
  if (known.size > KEPT) known.delete(known.keys().next().value!);
  return loaded;
}
