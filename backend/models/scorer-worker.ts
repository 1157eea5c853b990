import { fromBase64Url } from '../../shared/domain/base64url.ts';
import { ApiError } from '../../shared/domain/errors.ts';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { serve } from '../process/serve.ts';

const exposed = {
  /** @throws ApiError 400 where the bytes are damaged, or describe no scorer that the edge can evaluate. */
  read(text: string): Scorer {
    try {
      return scorerFromBytes(fromBase64Url(text));
    } catch (error) {
      throw new ApiError(400, 'invalid_weights', messageOf(error));
    }
  },
};

export type ScorerWorker = typeof exposed;
serve(exposed);
