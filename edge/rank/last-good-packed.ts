import type { SnapshotPointer } from '../../shared/domain/pointer.ts';
import { PACKED, type PackedKind, type Unpacked } from '../artifacts/packed.ts';
import { readParts } from '../artifacts/read-parts.ts';
import type { SnapshotKeeperObject } from '../platform/durable-objects.ts';
import type { Env } from '../platform/env.ts';
import { withSourceTimeout } from '../platform/timeout.ts';

/** A part travels from a Durable Object in the same cell; this ends a read that hangs. */
const PART_TIMEOUT_MS = 8000;

/** The object that keeps the last good snapshot of a cell, or the last good learned columns: one object each. */
export const keeperOf = (
  env: Env,
  cell: string,
  kind: PackedKind,
): DurableObjectStub<SnapshotKeeperObject> =>
  env.SNAPSHOT_KEEPER.get(
    env.SNAPSHOT_KEEPER.idFromName(kind === 'snapshot' ? cell : `${cell} ${kind}`),
  );

/**
 * What was last good in a cell, read without KV and checked against its hash.
 * @returns undefined where nothing is kept, or what is kept cannot be read.
 */
export async function lastGoodPacked<K extends PackedKind>(
  env: Env,
  cell: string,
  kind: K,
): Promise<{ readonly value: Unpacked<K>; readonly pointer: SnapshotPointer } | undefined> {
  try {
    const keeper = keeperOf(env, cell, kind);
    const pointer = await withSourceTimeout(keeper.kept());
    if (pointer === null) return undefined;
    const bytes = await readParts(
      pointer,
      (part) => withSourceTimeout(keeper.part(pointer.hash, part), PART_TIMEOUT_MS),
      PACKED[kind].allocate,
    );
    return { value: PACKED[kind].read(bytes) as Unpacked<K>, pointer };
  } catch (error) {
    console.error(`the last good ${kind} cannot be read`, error);
    return undefined;
  }
}
