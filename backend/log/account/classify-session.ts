import type { EventStatus, ShownRanking, LoggedEvent } from './classify-events.ts';
import type { Filters } from './filters.ts';

/** Why a session does not count on a day. */
export type SessionExclusionReason =
  | 'too_many_rankings'
  | 'too_many_events'
  | 'faster_than_a_person'
  | 'clicks_everything'
  | 'clicks_without_dwell'
  | 'invalid_events'
  /** The rankings of a day whose visitors did not consent; they have no session. */
  | 'no_consent'
  /** An earlier account left it out, and its reason is not known any more. */
  | 'refused_before';

/** Of a session that is left out for one of these, nothing that it does next changes it. */
export const STAYS: ReadonlySet<SessionExclusionReason | null> = new Set([
  'too_many_rankings',
  'too_many_events',
]);

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
  /** One of its rankings has more events than `maxEventsPerRanking`. */
  isFlooding: boolean;
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
  isFlooding: false,
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

/** What a person did stays done where its value is corrected. */
const isDone = (status: EventStatus): boolean => status === '' || status === 'corrected';

/** These do not count, but say nothing about who sent them. */
const NEUTRAL: ReadonlySet<EventStatus> = new Set([
  '',
  'corrected',
  'impossible_value',
  'late',
  'duplicate',
  'after_close',
]);

/** Adds a ranking with its events and the status of each; rankings must come in time order. */
export function addRanking(
  facts: SessionFacts,
  ranking: ShownRanking,
  events: readonly LoggedEvent[],
  statuses: readonly EventStatus[],
  filters: Filters,
): void {
  facts.rankings++;
  facts.shownItems += ranking.shown ?? ranking.itemIds.length;
  const clicked = new Set<string>();
  for (const [i, { type, itemId, receivedAt, orderLine }] of events.entries()) {
    // What the site's own server says tells nothing of who sat before the page.
    if ((orderLine ?? null) !== null) continue;
    const status = statuses[i];
    // Scrolling a page, which has no item, says nothing about who did it.
    if (itemId !== null || !isDone(status)) facts.events++;
    if (!NEUTRAL.has(status)) facts.invalidEvents++;
    if (itemId === null || !isDone(status)) continue;
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

/** @param dwellIsLogged on that day, under any schema: only then does a session without dwell mean something. */
export function classifySession(
  facts: SessionFacts,
  filters: Filters,
  dwellIsLogged: boolean,
): SessionExclusionReason | undefined {
  const { minFastActions, maxClickedShare, minShownItems, maxClicksWithoutDwell } = filters;
  if (facts.isRushing) return 'too_many_rankings';
  if (facts.isFlooding) return 'too_many_events';
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

/** Dwell counts as logged on a day if most clicking sessions without another reason to be left out also dwelt. */
export const isDwellLogged = (clicked: number, dwelt: number): boolean => dwelt > clicked / 2;
