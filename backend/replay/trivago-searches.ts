import type { ItemId } from '../../shared/domain/ids.ts';
import type { Item } from '../../shared/domain/item.ts';
import type { Interaction, RequestContext } from '../../shared/domain/rank-request.ts';
import { PopularitySoFar } from './popularity-so-far.ts';
import { interactionOf, SessionSoFar } from './session-so-far.ts';
import type { TrivagoRow } from './trivago-row.ts';

/** A list of hotels in which a visitor clicked, with what was known just before the click. */
export interface Search {
  readonly sessionId: string;
  readonly userId: string;
  /** Epoch ms of the click. */
  readonly at: number;
  /** In shown order; what is known of each at that time is in its live attributes. */
  readonly candidates: readonly Item[];
  /** The session so far, oldest first. */
  readonly recent: readonly Interaction[];
  readonly context: RequestContext;
  readonly clicked: ItemId;
}

/**
 * Every click-out whose hotel was in the list, in order of time. A search depends only on its own row, the earlier
 * steps of its session, and what others did in earlier seconds.
 */
export function searchesOf(rows: readonly TrivagoRow[]): Search[] {
  const everybody = new PopularitySoFar();
  const sessions = new Map<string, SessionSoFar>();
  const searches: Search[] = [];
  for (const row of inOrderOfTime(rows)) {
    const seconds = Number(row.timestamp);
    everybody.advanceTo(seconds);
    const key = `${row.user_id}/${row.session_id}`;
    const session = sessions.get(key) ?? new SessionSoFar();
    sessions.set(key, session);
    const shown = row.impressions === '' ? [] : row.impressions.split('|');
    if (row.action_type === 'clickout item' && shown.includes(row.reference)) {
      searches.push({
        sessionId: row.session_id,
        userId: row.user_id,
        at: seconds * 1000,
        candidates: candidatesOf(row, shown, session, everybody),
        recent: [...session.recent],
        context: session.contextOf(row),
        clicked: row.reference as ItemId,
      });
    }
    session.take(row, seconds * 1000, shown);
    const touch = interactionOf(row, seconds * 1000);
    if (touch !== undefined) {
      everybody.take({
        userId: row.user_id,
        sessionId: row.session_id,
        itemId: touch.itemId,
        click: touch.type === 'clickout',
      });
    }
  }
  return searches;
}

function inOrderOfTime(rows: readonly TrivagoRow[]): TrivagoRow[] {
  const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return rows.toSorted(
    (a, b) =>
      Number(a.timestamp) - Number(b.timestamp) ||
      byText(a.user_id, b.user_id) ||
      byText(a.session_id, b.session_id) ||
      Number(a.step) - Number(b.step),
  );
}

function candidatesOf(
  row: TrivagoRow,
  shown: readonly string[],
  session: SessionSoFar,
  everybody: PopularitySoFar,
): Item[] {
  const prices = row.prices.split('|').map(Number);
  return shown.map((id, slot) => ({
    id: id as ItemId,
    attributes: {
      price: prices[slot] ?? null,
      popularity: everybody.popularity(id, row.user_id),
      earlierClicks: everybody.earlierClicks(id, row.user_id, row.session_id),
      seenUnclicked: session.seenUnclicked(id),
    },
  }));
}

/**
 * Splits searches into early and late ones by whole sessions, which are ordered by their first search.
 * @param share of the searches that should be in the early part.
 */
export function splitBySession(
  searches: readonly Search[],
  share: number,
): [early: Search[], late: Search[]] {
  const bySession = Map.groupBy(searches, ({ userId, sessionId }) => `${userId}/${sessionId}`);
  const [early, late]: [Search[], Search[]] = [[], []];
  for (const session of bySession.values()) {
    (early.length < share * searches.length ? early : late).push(...session);
  }
  return [early.toSorted((a, b) => a.at - b.at), late.toSorted((a, b) => a.at - b.at)];
}
