import type { RelatedReport } from '../../shared/domain/related.ts';
import { relatedReport } from '../../shared/format/related-bytes.ts';
import type { RankState } from './rank-state.ts';
import type { RankingInput } from './ranking-input.ts';

/** What is ranked, and what the answer says of related items where the request asks for them. */
interface WithNeighbours {
  readonly full: RankingInput;
  readonly report?: RelatedReport;
}

/**
 * The request with the neighbours of the items that it names, for all that rank by it and for the log: what was served is what is logged. Where
 * none are known all items but these compete, as a page beside an item that is new or gone has to show something.
 */
export async function withNeighbours(
  input: RankingInput,
  { related }: Pick<RankState, 'related'>,
  when: { readonly ctx: ExecutionContext; readonly cell: () => string; readonly nowMs: number },
): Promise<WithNeighbours> {
  const { request } = input;
  if (request.related === undefined) return { full: input };
  const isWanted = input.config.weights.scorer.schema.related !== undefined;
  const found = await related.find(request.related, isWanted, when);
  return {
    full: {
      ...input,
      request: { ...request, related: found.related },
      degraded: input.degraded || found.degraded,
    },
    report: relatedReport(found),
  };
}
