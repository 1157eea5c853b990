import type { PatchRef } from '../../shared/domain/pointer.ts';
import { joinEdits, patchFromBytes, type Patch } from '../../shared/format/patch-bytes.ts';
import { snapshotHash, type Snapshot } from '../../shared/format/snapshot-bytes.ts';
import { editTable, type TableEdit } from '../../shared/score/edit-table.ts';
import { rankable, type RankableTable } from '../../shared/score/rank.ts';

/** @returns the bytes of a patch; null where there is none. */
export type ReadPatch = (patch: PatchRef) => Promise<ArrayBuffer | Uint8Array | null>;

/** All at once. @throws Error when one is absent or damaged. */
export const readPatches = (patches: readonly PatchRef[], read: ReadPatch): Promise<Patch[]> =>
  Promise.all(
    patches.map(async (patch) => {
      const stored = await read(patch);
      if (stored === null) throw new Error(`patch ${patch.hash} is absent`);
      const bytes = new Uint8Array(stored);
      const found = snapshotHash(bytes);
      if (found !== patch.hash)
        throw new Error(`patch ${patch.hash} is damaged: its bytes hash to ${found}`);
      return patchFromBytes(bytes);
    }),
  );

/** What a snapshot becomes by patches, one after the other. @throws FormatError where they do not fit it. */
export function patched(snapshot: Snapshot, patches: readonly Patch[]): Snapshot {
  const { schemaHash, table, blocks } = snapshot;
  return patches.length === 0
    ? snapshot
    : { schemaHash, ...apply(rankable(table, blocks), schemaHash, patches) };
}

/** The same of one that is in use, which stays as it is. */
export const patchedInUse = (
  { schemaHash, rankable: items }: { schemaHash: string; rankable: RankableTable },
  patches: readonly Patch[],
): Snapshot => ({ schemaHash, ...apply(items, schemaHash, patches) });

function apply(items: RankableTable, schemaHash: string, patches: readonly Patch[]) {
  const foreign = patches.find((patch) => patch.schemaHash !== schemaHash);
  if (foreign !== undefined)
    throw new Error(`a patch of schema ${foreign.schemaHash} is for a snapshot of ${schemaHash}`);
  // One copy of the table, however many they are.
  return editTable(items, joinEdits(patches.map(({ edit }) => edit) as [TableEdit]));
}
