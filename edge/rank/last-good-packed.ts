import type { SnapshotPointer } from '../../shared/domain/pointer.ts';
import type { Patch } from '../../shared/format/patch-bytes.ts';
import { PACKED, type PackedKind, type Unpacked } from '../artifacts/packed.ts';
import { readPatches } from '../artifacts/read-patches.ts';
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
    const partOf = (hash: string, part: number) =>
      withSourceTimeout(keeper.part(hash, part), PART_TIMEOUT_MS);
    const patches = await readPatches(pointer.patches ?? [], ({ hash }) => partOf(hash, 0));
    const bytes = await readParts(
      pointer,
      (part) => partOf(pointer.hash, part),
      PACKED[kind].allocate,
    );
    const value = PACKED[kind].read(bytes) as Unpacked<K>;
    return { value: withPatches(kind, value, patches), pointer };
  } catch (error) {
    console.error(`the last good ${kind} cannot be read`, error);
    return undefined;
  }
}

/** Patches are of snapshots only. */
export function withPatches<K extends PackedKind>(
  kind: K,
  value: Unpacked<K>,
  patches: readonly Patch[],
): Unpacked<K> {
  const apply = PACKED[kind].patched as
    | ((value: Unpacked<K>, patches: readonly Patch[]) => Unpacked<K>)
    | undefined;
  return apply === undefined ? value : apply(value, patches);
}
