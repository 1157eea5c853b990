import { ApiError } from '../../shared/domain/errors.ts';
import type { Version } from '../../shared/domain/ids.ts';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import type { Scorer } from '../../shared/score/scorer.ts';

export interface StoredScorer {
  readonly scorer: Scorer;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads the scorer of one version from the WEIGHTS key `w/<version>` and checks it. The value never changes, but it
 * is cached only briefly: each cell reads a version once, and KV would cache the absence of a key for as long.
 * @throws ApiError 404 when the version is not stored, 502 when another version is stored under its key.
 * @throws FormatError when the bytes are damaged.
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
