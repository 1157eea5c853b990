import type { Judged } from './judge-events.ts';
import type { Filters } from './settings.ts';

/** Why a session's rankings of a day are left out. */
export type SessionFault =
  | 'too_many_rankings'
  | 'faster_than_a_person'
  | 'clicks_everything'
  | 'clicks_without_dwell'
  | 'invalid_events';

/** What is known of one session on one day. Made by `sessionFacts`, added to by `addRanking`. */
export interface SessionFacts {
  rankings: number;
  shownItems: number;
  /** Items of rankings that were clicked. */
  clickedItems: number;
  dwells: number;
  /** Clicks, saves, contacts and bookings; and those that came too soon to be a person's. */
  actions: number;
  fastActions: number;
  events: number;
  invalidEvents: number;
  isRushing: boolean;
  /** The newest ranking times, as many as the limit per minute and one more. */
  readonly recent: number[];
}

export const sessionFacts = (): SessionFacts => ({
  rankings: 0,
  shownItems: 0,
  clickedItems: 0,
  dwells: 0,
  actions: 0,
  fastActions: 0,
  events: 0,
  invalidEvents: 0,
  isRushing: false,
  recent: [],
});

const MINUTE_MS = 60_000;
const ACTIONS: ReadonlySet<string> = new Set([
  'click',
  'save',
  'contact',
  'booking_start',
  'booking',
]);

/** Adds a ranking with its judged events; rankings must come in time order. */
export function addRanking(
  facts: SessionFacts,
  ranking: { readonly at: number; readonly itemIds: readonly string[] },
  { credited, faults }: Judged,
  filters: Filters,
): void {
  facts.rankings++;
  facts.shownItems += ranking.itemIds.length;
  facts.events += credited.length + faults.length;
  for (const fault of faults) if (fault !== 'late' && fault !== 'duplicate') facts.invalidEvents++;
  const clicked = new Set<string | null>();
  for (const { type, itemId, receivedAt } of credited) {
    if (type === 'click') clicked.add(itemId);
    if (type === 'dwell') facts.dwells++;
    if (!ACTIONS.has(type)) continue;
    facts.actions++;
    // By the edge's clock: events wait for their batch, which makes them later, and never sooner.
    if (filters.minReactionMs > 0 && receivedAt - ranking.at < filters.minReactionMs)
      facts.fastActions++;
  }
  facts.clickedItems += clicked.size;
  const most = filters.maxRankingsPerMinute;
  if (most === null || facts.isRushing) return;
  facts.recent.push(ranking.at);
  if (facts.recent.length <= most) return;
  facts.isRushing = ranking.at - facts.recent.shift()! < MINUTE_MS;
}

/** @param dwellIsLogged most sessions of the day that clicked also dwelt: only then does its absence tell. */
export function judgeSession(
  facts: SessionFacts,
  filters: Filters,
  dwellIsLogged: boolean,
): SessionFault | undefined {
  const { minFastActions, maxClickedShare, minShownItems, maxClicksWithoutDwell } = filters;
  if (facts.isRushing) return 'too_many_rankings';
  if (facts.fastActions >= minFastActions && facts.fastActions > facts.actions / 2)
    return 'faster_than_a_person';
  if (
    maxClickedShare > 0 &&
    facts.shownItems >= minShownItems &&
    facts.clickedItems >= maxClickedShare * facts.shownItems
  )
    return 'clicks_everything';
  if (
    dwellIsLogged &&
    maxClicksWithoutDwell !== null &&
    facts.clickedItems >= maxClicksWithoutDwell &&
    facts.dwells === 0
  )
    return 'clicks_without_dwell';
  if (facts.invalidEvents > filters.maxInvalidShare * facts.events) return 'invalid_events';
  return undefined;
}

/** Whether most sessions that clicked also dwelt. */
export function isDwellLogged(sessions: Iterable<SessionFacts>): boolean {
  let [clicked, dwelt] = [0, 0];
  for (const { clickedItems, dwells } of sessions) {
    if (clickedItems === 0) continue;
    clicked++;
    if (dwells > 0) dwelt++;
  }
  return isMostOf(dwelt, clicked);
}

/** @param dwelt of those `clicked`, how many also dwelt. */
export const isMostOf = (dwelt: number, clicked: number): boolean => dwelt > clicked / 2;
