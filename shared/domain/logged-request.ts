import type { ItemId } from './ids.ts';
import { parseMarketOfVisit } from './market-of-visit.ts';
import { parseRankRequest, type RankRequest } from './rank-request.ts';
import { parseLoggedRelated } from './related.ts';
import { isWithoutRules, parseLoggedRules } from './slate-rules.ts';

/**
 * Reads a request of the log, as it was ranked. What it does not depend on was not logged, nor what its visitor did not consent to: so it is read as
 * if they had consented to all. Its rules name who asked for them, and it may be of a later page, neither of which a page can send.
 * @param logged the JSON of a decision. @throws ApiError 400 where it would be refused today.
 */
export function parseLoggedRequest(
  logged: Readonly<Record<string, unknown>>,
  { placement, limit }: { readonly placement?: unknown; readonly limit?: unknown } = {},
): RankRequest {
  const { preferences, context, recent, history, candidates, filters, exclude } = logged;
  const { slateRules, related, shown } = logged;
  const market = parseMarketOfVisit(logged.market);
  const request = parseRankRequest({
    sessionId: 'logged',
    consent: 'personalise',
    placement,
    limit,
    preferences,
    context,
    recent: history ?? recent,
    candidates,
    filters,
    exclude,
  });
  const rules = slateRules === undefined ? {} : parseLoggedRules(slateRules);
  return {
    ...request,
    ...(!isWithoutRules(rules) && { slateRules: rules }),
    ...(related !== undefined && { related: parseLoggedRelated(related) }),
    ...(market && { market }),
    ...(Array.isArray(shown) && { shown: shown as ItemId[] }),
  };
}
