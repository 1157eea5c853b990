import { withSourceTimeout } from '../platform/timeout.ts';
import type { ReadPart } from './read-snapshot.ts';

/** One day: the parts stored under a hash never change. */
const PART_CACHE_TTL_S = 86_400;
/** A part of 4 MiB takes well below a second; this ends a read that hangs. */
const PART_TIMEOUT_MS = 8000;

/**
 * Reads parts of a snapshot from the CATALOGUE keys `s/<hash>/0`, `s/<hash>/1`, ….
 * @param cacheTtlS how old a copy in KV's cache may be. KV caches for as long that a key is absent, or damaged: what was
 * repaired since is seen only by a read that asks for a newer copy.
 */
export const snapshotParts =
  (catalogue: KVNamespace, hash: string, cacheTtlS = PART_CACHE_TTL_S): ReadPart =>
  (part) =>
    withSourceTimeout(
      catalogue.get(`s/${hash}/${part}`, { type: 'arrayBuffer', cacheTtl: cacheTtlS }),
      PART_TIMEOUT_MS,
    );
