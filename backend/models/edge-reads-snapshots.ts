import { NEWEST_SNAPSHOT_FORMAT } from '../../shared/format/snapshot-bytes.ts';
import type { EdgeAccess } from './edge-kv.ts';
import { whatEdgeKnows } from './what-edge-knows.ts';

/**
 * Whether the edge reads the snapshots that this backend writes. One from before `/v1/version` told of snapshots reads format 1.
 * @returns undefined where it does not answer.
 */
export async function edgeReadsSnapshots(
  edge: Pick<EdgeAccess, 'edgeUrl' | 'secretKey'>,
): Promise<boolean | undefined> {
  const known = await whatEdgeKnows(edge);
  return known && (known.snapshotFormat ?? 1) >= NEWEST_SNAPSHOT_FORMAT;
}
