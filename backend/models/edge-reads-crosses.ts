import { CROSSES_FORMAT } from '../../shared/format/scorer-bytes.ts';
import type { EdgeAccess } from './edge-kv.ts';
import { whatEdgeKnows } from './what-edge-knows.ts';

/**
 * Whether the edge reads scorers with learned crosses. One from before they were known says nothing of formats, and refuses such
 * scorers: it would go on with what it has, or with the bundled rules. So none is made until the edge was upgraded as well.
 * @returns undefined where it does not answer.
 */
export async function edgeReadsCrosses(
  edge: Pick<EdgeAccess, 'edgeUrl' | 'secretKey'>,
): Promise<boolean | undefined> {
  const known = await whatEdgeKnows(edge);
  return known && (known.scorerFormat ?? 0) >= CROSSES_FORMAT;
}
