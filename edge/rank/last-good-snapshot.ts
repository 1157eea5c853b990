import type { SnapshotPointer } from '../../shared/domain/pointer.ts';
import type { Snapshot } from '../../shared/format/snapshot-bytes.ts';
import { readSnapshot } from '../artifacts/read-snapshot.ts';
import type { SnapshotKeeperObject } from '../platform/durable-objects.ts';
import type { Env } from '../platform/env.ts';
import { withSourceTimeout } from '../platform/timeout.ts';

/** A part travels from a Durable Object in the same cell; this ends a read that hangs. */
const PART_TIMEOUT_MS = 8000;

export interface KeptSnapshot extends Snapshot {
  readonly pointer: SnapshotPointer;
}

/** The object that keeps the last good snapshot of a cell. */
export const snapshotKeeper = (env: Env, cell: string): DurableObjectStub<SnapshotKeeperObject> =>
  env.SNAPSHOT_KEEPER.get(env.SNAPSHOT_KEEPER.idFromName(cell));

/**
 * The last good snapshot of a cell, read without KV and checked against its hash.
 * @returns undefined where nothing is kept, or what is kept cannot be read.
 */
export async function lastGoodSnapshot(env: Env, cell: string): Promise<KeptSnapshot | undefined> {
  try {
    const keeper = snapshotKeeper(env, cell);
    const pointer = await withSourceTimeout(keeper.kept());
    if (pointer === null) return undefined;
    const snapshot = await readSnapshot(pointer, (part) =>
      withSourceTimeout(keeper.part(pointer.hash, part), PART_TIMEOUT_MS),
    );
    return { ...snapshot, pointer };
  } catch (error) {
    console.error('the last good snapshot cannot be read', error);
    return undefined;
  }
}
