import type { About, Client } from './types.ts';

export type Track = Client['track'];

/** What an element with `data-trimtab-item` is about; the ranking is named on it or around it where a page shows several. */
export const aboutOf = (element: HTMLElement): About => ({
  itemId: element.dataset.trimtabItem,
  rankingId:
    element.closest<HTMLElement>('[data-trimtab-ranking]')?.dataset.trimtabRanking || undefined,
});

/** Elements are watched again when they are about something else. @returns whether it is already. */
export const watches = (watched: WeakMap<Element, string>, element: HTMLElement): boolean => {
  const about = JSON.stringify(aboutOf(element));
  const isWatched = watched.get(element) === about;
  watched.set(element, about);
  return isWatched;
};
