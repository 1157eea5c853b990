import type { Client } from './types.ts';

/**
 * Ranks the items of each element with `data-trimtab-list` and puts them into that order. They stay in the page's own order where no
 * ranking comes in time. `data-trimtab-list` may name the placement, and `data-trimtab-preferences` holds the visitor's wishes as JSON.
 */
export async function orderLists(client: Client, root: ParentNode = document): Promise<void> {
  const lists = [...root.querySelectorAll<HTMLElement>('[data-trimtab-list]')];
  await Promise.all(lists.map((list) => orderList(client, list)));
}

async function orderList(client: Client, list: HTMLElement): Promise<void> {
  const elements = new Map(
    [...list.querySelectorAll<HTMLElement>('[data-trimtab-item]')].map((element) => [
      element.dataset.trimtabItem!,
      element,
    ]),
  );
  if (!elements.size) return;
  const ranking = await client.rank({
    candidates: [...elements.keys()],
    placement: list.dataset.trimtabList || undefined,
    preferences: JSON.parse(list.dataset.trimtabPreferences ?? '{}'),
  });
  if (!ranking.ranked) return;
  const first = elements.values().next().value!;
  const ordered = ranking.items.flatMap(({ id }) => elements.get(id) ?? []);
  const others = [...elements.values()].filter((element) => !ordered.includes(element));
  const parent = first.parentElement!;
  parent.append(...ordered, ...others);
  list.dataset.trimtabRanking = ranking.rankingId;
}
