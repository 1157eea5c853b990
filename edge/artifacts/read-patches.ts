import type { PatchRef } from '../../shared/domain/pointer.ts';
import { patchFromBytes, type Patch } from '../../shared/format/patch-bytes.ts';
import { snapshotHash } from '../../shared/format/snapshot-bytes.ts';

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
