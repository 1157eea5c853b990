import type { RankRequest } from '../../shared/domain/rank-request.ts';
import type { RelatedReport } from '../../shared/domain/related.ts';
import type { RankState } from './rank-state.ts';
import type { RankingInput } from './ranking-input.ts';

/** A request, and what the answer says of its related items; absent where it asks for none. */
interface Beside {
  readonly request: RankRequest;
  readonly report?: RelatedReport;
}

/**
 * The request with the neighbours of the items that it names, for all that rank by it and for the log: what was served is what is logged. Where
 * none are known all items but these compete, as a page beside an item that is new or gone has to show something.
 */
export async function withNeighbours(
  request: RankRequest,
  input: RankingInput,
  { related }: Pick<RankState, 'related'>,
  when: { readonly ctx: ExecutionContext; readonly cell: () => string; readonly nowMs: number },
): Promise<{ readonly beside: Beside; readonly full: RankingInput }> {
  if (request.related === undefined) return { beside: { request }, full: input };
  const isWanted = input.config.weights.scorer.schema.related !== undefined;
  const found = await related.find(request.related, isWanted, when);
  const { to, items } = found.related;
  return {
    beside: {
      request: { ...request, related: found.related },
      report: {
        to,
        neighbours: items?.length ?? 0,
        ...(found.problem !== undefined && { problem: found.problem }),
      },
    },
    full: found.degraded ? { ...input, degraded: true } : input,
  };
}
