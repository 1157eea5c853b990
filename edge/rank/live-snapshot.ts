import { parseSnapshotPointer, type SnapshotPointer } from '../../shared/domain/pointer.ts';
import { snapshotFromBytes, snapshotHash } from '../../shared/format/snapshot-bytes.ts';
import { rankable, type RankableTable } from '../../shared/score/rank.ts';
import type { Env, Settings } from '../env.ts';
import { Kept } from './kept.ts';

/** The catalogue, ready to rank. */
export interface LoadedSnapshot {
  readonly hash: string;
  readonly schemaHash: string;
  readonly rankable: RankableTable;
}

export interface SnapshotState {
  /** Absent until a catalogue is published. */
  readonly snapshot?: LoadedSnapshot;
  /** Why this may not be the catalogue that is meant to be live. */
  readonly problem?: string;
}

/** Parts never change under their hash. */
const PART_CACHE_TTL_S = 86_400;

export const liveSnapshot = (env: Env, { refreshMs, kvCacheTtlS }: Settings): Kept<SnapshotState> =>
  new Kept(
    async (previous: SnapshotState | undefined) => {
      try {
        const text = await env.CATALOGUE.get('active', { cacheTtl: kvCacheTtlS });
        // Nothing published yet is no failure; a pointer that vanished is.
        if (text === null && previous?.snapshot === undefined) return {};
        const pointer = parseSnapshotPointer(text ?? '');
        if (pointer === undefined) {
          throw new Error(
            `the CATALOGUE key "active" is no pointer: ${JSON.stringify(text)?.slice(0, 80)}`,
          );
        }
        if (pointer.hash === previous?.snapshot?.hash) return { snapshot: previous.snapshot };
        return { snapshot: await readSnapshot(env.CATALOGUE, pointer) };
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        return { ...(previous?.snapshot && { snapshot: previous.snapshot }), problem };
      }
    },
    { refreshMs },
  );

/** Reads `s/<hash>/0…` and checks that they are, together, what the hash names. */
async function readSnapshot(
  catalogue: KVNamespace,
  { hash, parts, sizeBytes }: SnapshotPointer,
): Promise<LoadedSnapshot> {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (let part = 0; part < parts; part++) {
    const key = `s/${hash}/${part}`;
    const stored = await catalogue.get(key, { type: 'arrayBuffer', cacheTtl: PART_CACHE_TTL_S });
    if (stored === null) throw new Error(`snapshot part ${key} is absent`);
    if (at + stored.byteLength > sizeBytes) throw new Error(`snapshot ${hash} has too many bytes`);
    bytes.set(new Uint8Array(stored), at);
    at += stored.byteLength;
  }
  const found = snapshotHash(bytes.subarray(0, at));
  if (found !== hash) throw new Error(`snapshot ${hash} is damaged: its bytes hash to ${found}`);
  const { schemaHash, table } = snapshotFromBytes(bytes);
  return { hash, schemaHash, rankable: rankable(table) };
}
