import { ApiError } from '../../shared/domain/errors.ts';
import type { Version } from '../../shared/domain/ids.ts';
import {
  liveHash,
  parsePointer,
  parseSnapshotPointer,
  type SnapshotPointer,
} from '../../shared/domain/pointer.ts';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import { snapshotHash } from '../../shared/format/snapshot-bytes.ts';
import { learnedKeys } from '../../shared/score/learned-table.ts';
import type { Kv, KvNamespace } from '../models/edge-kv.ts';
import { ACTIVE_KEY, LEARNED_KEY, partKey, patchKey, versionKey } from '../models/kv-keys.ts';

/** Bytes under their hash. */
export interface Packed {
  readonly hash: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What leads from these bytes to the snapshot that the hash names; absent: they are it. */
  readonly patches?: readonly Uint8Array<ArrayBuffer>[];
}

/** What a ranking is made from, as it is published. */
export interface Published {
  readonly scorer: Uint8Array<ArrayBuffer>;
  /** Absent where no catalogue is published. */
  readonly snapshot?: Packed;
  /** Only where features read learned columns, and some are published. */
  readonly learned?: Packed;
}

/**
 * Reads a version with the live catalogue from KV, as the edge does.
 * @param version the live champion when undefined.
 * @throws ApiError 404 where there is no such version or none is live, 502 where what KV has is damaged.
 */
export async function readPublished(kv: Pick<Kv, 'get'>, version?: Version): Promise<Published> {
  const wanted = version ?? (await liveVersion(kv));
  const scorer = await kv.get('WEIGHTS', versionKey(wanted));
  if (scorer === undefined)
    throw new ApiError(404, 'unknown_version', `there are no weights ${wanted} at the edge`);
  const { schema } = scorerFromBytes(scorer);
  const snapshot = await readPacked(kv, ACTIVE_KEY, 's');
  const learned =
    learnedKeys(schema).length === 0 ? undefined : await readPacked(kv, LEARNED_KEY, 'l');
  return { scorer, ...(snapshot && { snapshot }), ...(learned && { learned }) };
}

async function liveVersion(kv: Pick<Kv, 'get'>): Promise<Version> {
  const champion = parsePointer((await readText(kv, 'WEIGHTS', ACTIVE_KEY)) ?? '')?.champion;
  if (champion !== undefined) return champion;
  throw new ApiError(404, 'unknown_version', 'no version is live: name one');
}

/** @returns undefined where nothing is published. @throws ApiError 502 where KV has not all of it. */
export async function readPacked(
  kv: Pick<Kv, 'get'>,
  key: string,
  prefix: 's' | 'l' | 'r',
): Promise<Packed | undefined> {
  const pointer = parseSnapshotPointer((await readText(kv, 'CATALOGUE', key)) ?? '');
  if (pointer === undefined) return undefined;
  return readParts(kv, prefix, pointer);
}

/** Reads what a pointer names. @throws ApiError 502 where KV has not all of it. */
export async function readParts(
  kv: Pick<Kv, 'get'>,
  prefix: 's' | 'l' | 'r',
  pointer: Pick<SnapshotPointer, 'hash' | 'parts' | 'sizeBytes' | 'patches'>,
): Promise<Packed> {
  const { hash, parts, sizeBytes, patches } = pointer;
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (let part = 0; part < parts; part++) {
    const own = await kv.get('CATALOGUE', partKey(prefix, hash, part));
    if (own === undefined || at + own.length > sizeBytes) throw damaged(hash);
    bytes.set(own, at);
    at += own.length;
  }
  if (snapshotHash(bytes) !== hash) throw damaged(hash);
  if (patches === undefined) return { hash, bytes };
  const read = await Promise.all(
    patches.map(async (patch) => {
      const own = await kv.get('CATALOGUE', patchKey(patch.hash));
      if (own === undefined || snapshotHash(own) !== patch.hash) throw damaged(patch.hash);
      return own;
    }),
  );
  return { hash: liveHash(pointer), bytes, patches: read };
}

export const damaged = (hash: string) =>
  new ApiError(
    502,
    'damaged',
    `KV has not all of ${hash}, or it is damaged: the backend repairs it within minutes`,
  );

async function readText(kv: Pick<Kv, 'get'>, namespace: KvNamespace, key: string) {
  const bytes = await kv.get(namespace, key);
  return bytes && new TextDecoder().decode(bytes);
}
