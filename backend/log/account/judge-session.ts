import type { EventVerdict, JudgedRanking, LoggedEvent } from './judge-events.ts';
import type { Filters } from './settings.ts';

/** Why a session's rankings of a day are left out. */
export type SessionFault =
  | 'too_many_rankings'
  | 'faster_than_a_person'
  | 'clicks_everything'
  | 'clicks_without_dwell'
  | 'invalid_events'
  /** By an earlier account, of which no more is known. */
  | 'refused_before';

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

/** Speaks neither for nor against a session. */
const INNOCENT: ReadonlySet<EventVerdict> = new Set([
  '',
  'impossible_value',
  'late',
  'duplicate',
  'after_close',
]);

/** Adds a ranking with its events and what was found of each; rankings must come in time order. */
export function addRanking(
  facts: SessionFacts,
  ranking: JudgedRanking,
  events: readonly LoggedEvent[],
  verdicts: readonly EventVerdict[],
  filters: Filters,
): void {
  facts.rankings++;
  facts.shownItems += ranking.itemIds.length;
  const clicked = new Set<string>();
  for (const [i, { type, itemId, receivedAt }] of events.entries()) {
    const verdict = verdicts[i];
    // That a page was scrolled says nothing of who did it.
    if (itemId !== null || verdict !== '') facts.events++;
    if (!INNOCENT.has(verdict)) facts.invalidEvents++;
    if (itemId === null || verdict !== '') continue;
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

/** @param dwellIsLogged of the day, whatever the schema: only then does its absence tell. */
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
  if (facts.invalidEvents > filters.maxInvalidShare * facts.events) return 'invalid_events';
  if (
    dwellIsLogged &&
    maxClicksWithoutDwell !== null &&
    facts.clickedItems >= maxClicksWithoutDwell &&
    facts.dwells === 0
  )
    return 'clicks_without_dwell';
  return undefined;
}

/**
 * Whether a day's dwelling is logged: most of those that clicked also dwelt. Told by the sessions that nothing else is held
 * against.
 */
export const isDwellLogged = (clicked: number, dwelt: number): boolean => dwelt > clicked / 2;
