import { ApiError } from '../../shared/domain/errors.ts';
import type { Version } from '../../shared/domain/ids.ts';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import type { Scorer } from '../../shared/score/scorer.ts';

export interface StoredScorer {
  readonly scorer: Scorer;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads and checks `w/<version>`. Cached only shortly, though it never changes: it is read once per version
 * and cell, and KV would cache a miss just as long.
 * @throws ApiError 404 when it is not there, FormatError when it is not what was written.
 */
export async function readScorer(
  weights: KVNamespace,
  version: Version,
  cacheTtlS: number,
): Promise<StoredScorer> {
  const stored = await weights.get(`w/${version}`, { type: 'arrayBuffer', cacheTtl: cacheTtlS });
  if (stored === null) {
    throw new ApiError(
      404,
      'unknown_version',
      `there are no weights ${version}: publish them first`,
    );
  }
  const bytes = new Uint8Array(stored);
  const scorer = scorerFromBytes(bytes);
  if (scorer.version !== version) {
    throw new ApiError(502, 'wrong_version', `w/${version} holds the weights of ${scorer.version}`);
  }
  return { scorer, bytes };
}
