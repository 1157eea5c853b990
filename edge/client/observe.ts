import { aboutIn, isDetail, type Track } from './about.ts';
import { dwellWatch } from './dwell.ts';
import type { HeldRankings } from './held-rankings.ts';
import { impressionWatch } from './impressions.ts';
import { SETTLE_MS } from './limits.ts';
import type { EventType } from './types.ts';

/** What trackers of elements need. */
export interface Tracking {
  readonly track: Track;
  readonly rankings: HeldRankings;
  /** Called after each ranking that the page shows. */
  readonly onRanked: Set<() => void>;
}

const CLICKS = ['click', 'auxclick'] as const;

/** Records what is seen and clicked of elements with `data-trimtab-item` below `root`, also of those that come later. */
export function observe(
  root: Document | Element,
  { track, rankings, onRanked }: Tracking,
): () => void {
  const aboutOf = aboutIn(rankings);
  const impressions = impressionWatch(track, aboutOf);
  const dwell = dwellWatch(track, aboutOf);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const scan = () => {
    timer = undefined;
    for (const element of root.querySelectorAll<HTMLElement>('[data-trimtab-item]'))
      (isDetail(element) ? dwell : impressions).watch(element);
  };
  const scanSoon = () => {
    timer ??= setTimeout(scan, SETTLE_MS);
  };

  const click = (event: Event) => {
    // The right button opens a menu.
    if ((event as MouseEvent).button > 1) return;
    // The path has what is inside of components too, and what the click itself takes out of the page.
    const path = event.composedPath() as HTMLElement[];
    const item = path.findIndex((element) => element.dataset?.trimtabItem);
    if (item < 0) return;
    const type =
      path.slice(0, item + 1).find((element) => element.dataset?.trimtabAction)?.dataset
        .trimtabAction ?? (isDetail(path[item]) ? 'none' : 'click');
    if (type !== 'none') track(type as EventType, aboutOf(path[item]));
  };

  const mutations = new MutationObserver(scanSoon);
  mutations.observe(root, {
    childList: true,
    subtree: true,
    attributeFilter: ['data-trimtab-item', 'data-trimtab-ranking'],
  });
  for (const type of CLICKS) root.addEventListener(type, click, true);
  onRanked.add(scanSoon);
  scan();
  return () => {
    clearTimeout(timer);
    mutations.disconnect();
    for (const type of CLICKS) root.removeEventListener(type, click, true);
    onRanked.delete(scanSoon);
    impressions.stop();
    dwell.stop();
  };
}
