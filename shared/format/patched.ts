import { joinEdits, type Patch } from './patch-bytes.ts';
import type { Trade } from '../domain/trade.ts';
import type { Snapshot } from './snapshot-bytes.ts';
import { editTable, type EditableTable, type TableEdit } from '../score/edit-table.ts';
import { rankable } from '../score/rankable.ts';

/** What a snapshot becomes by patches, one after the other; its markets and rates stay, as others come with a snapshot of their own. @throws RangeError where they do not fit it. */
export function patched(snapshot: Snapshot, patches: readonly Patch[]): Snapshot {
  const { schemaHash, table, blocks, trade } = snapshot;
  return patches.length === 0
    ? snapshot
    : {
        schemaHash,
        ...apply(rankable(table, blocks), schemaHash, patches),
        ...(trade && { trade }),
      };
}

/** The same of one that is in use, which stays as it is. */
export const patchedInUse = (
  {
    schemaHash,
    rankable: items,
    trade,
  }: {
    readonly schemaHash: string;
    readonly rankable: EditableTable;
    readonly trade?: Trade | undefined;
  },
  patches: readonly Patch[],
): Snapshot => ({
  schemaHash,
  ...apply(items, schemaHash, patches),
  ...(trade && { trade }),
});

function apply(items: EditableTable, schemaHash: string, patches: readonly Patch[]) {
  const foreign = patches.find((patch) => patch.schemaHash !== schemaHash);
  if (foreign !== undefined)
    throw new Error(`a patch of schema ${foreign.schemaHash} is for a snapshot of ${schemaHash}`);
  // One copy of the table, however many they are.
  return editTable(items, joinEdits(patches.map(({ edit }) => edit) as [TableEdit]));
}
