import type { ItemId } from '../../shared/domain/ids.ts';
import type { Interaction, RequestContext } from '../../shared/domain/rank-request.ts';
import type { TrivagoRow } from './trivago-row.ts';

/** Action in the log → interaction type in the schema. */
const INTERACTION: Readonly<Record<string, string>> = {
  'interaction item image': 'image',
  'interaction item info': 'info',
  'interaction item rating': 'rating',
  'interaction item deals': 'deals',
  'search for item': 'search',
  'clickout item': 'clickout',
};

/** The sort order that the text of an action or of a filter stands for; other texts leave it as it was. */
const SORT: readonly (readonly [RegExp, string])[] = [
  [/^price |sort by price|best value/i, 'price'],
  [/^distance |sort by distance|focus on distance/i, 'distance'],
  [/^rating |sort by rating|focus on rating/i, 'rating'],
  [/^our recommendations/i, 'recommended'],
];

const sortOf = (text: string) => SORT.find(([pattern]) => pattern.test(text))?.[1];

/** The interaction that a row is, if its reference is an item. */
export function interactionOf(row: TrivagoRow, at: number): Interaction | undefined {
  const type = INTERACTION[row.action_type];
  return type !== undefined && /^\d+$/.test(row.reference)
    ? { itemId: row.reference as ItemId, type, at }
    : undefined;
}

/** What a session has done so far, as a site would store it. */
export class SessionSoFar {
  readonly recent: Interaction[] = [];
  #lastAction = 'none';
  #sort = 'recommended';
  #lastList: string | undefined;
  readonly #seenUnclicked = new Map<string, number>();

  /** The request context of a list that is shown now. @param row has its device, platform, filters and items. */
  contextOf(row: TrivagoRow): RequestContext {
    const filters = row.current_filters === '' ? [] : row.current_filters.split('|');
    const list =
      this.#lastList === undefined
        ? 'first'
        : this.#lastList === row.impressions
          ? 'same'
          : 'changed';
    return {
      device: row.device,
      platform: row.platform,
      sort: filters.map(sortOf).find((sort) => sort !== undefined) ?? this.#sort,
      filters: filters.length,
      lastAction: this.#lastAction,
      list,
      interactions: this.recent.length,
    };
  }

  /** In how many earlier lists of this session the item was shown and another was clicked. */
  seenUnclicked(itemId: string): number {
    return this.#seenUnclicked.get(itemId) ?? 0;
  }

  take(row: TrivagoRow, at: number, shown: readonly string[]): void {
    const interaction = interactionOf(row, at);
    if (interaction !== undefined) this.recent.push(interaction);
    const kind = INTERACTION[row.action_type];
    this.#lastAction =
      kind === undefined ? 'none' : kind === 'clickout' || kind === 'search' ? kind : 'item';
    if (row.action_type === 'change of sort order')
      this.#sort = sortOf(row.reference) ?? this.#sort;
    if (row.action_type !== 'clickout item') return;
    this.#lastList = row.impressions;
    for (const id of shown) {
      if (id !== row.reference) this.#seenUnclicked.set(id, this.seenUnclicked(id) + 1);
    }
  }
}
