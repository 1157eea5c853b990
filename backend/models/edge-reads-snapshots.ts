import { NEWEST_PATCH_FORMAT } from '../../shared/format/patch-bytes.ts';
import type { EdgeAccess } from './edge-kv.ts';
import { whatEdgeKnows } from './what-edge-knows.ts';

/**
 * Whether the edge reads snapshots of a format. One from before `/v1/version` told of snapshots reads format 1.
 * @returns undefined where it does not answer.
 */
export async function edgeReadsSnapshots(
  edge: Pick<EdgeAccess, 'edgeUrl' | 'secretKey'>,
  format: number,
): Promise<boolean | undefined> {
  const known = await whatEdgeKnows(edge);
  return known && (known.snapshotFormat ?? 1) >= format;
}

/**
 * Whether it reads patches of them. One from before says nothing, and would go on with the base.
 * @returns undefined where it does not answer.
 */
export async function edgeReadsPatches(
  edge: Pick<EdgeAccess, 'edgeUrl' | 'secretKey'>,
): Promise<boolean | undefined> {
  const known = await whatEdgeKnows(edge);
  return known && (known.patchFormat ?? 0) >= NEWEST_PATCH_FORMAT;
}
