import { aboutOf, watches, type Track } from './about.ts';
import type { About } from './types.ts';

const SHORTEST_MS = 1000;
/** Who looks at one page for longer without a break has left it open. */
const LONGEST_MS = 30 * 60 * 1000;

/** Records for how long elements with `data-trimtab-detail` are on the screen, each time that they were; only while the tab is visible. */
export function dwellWatch(track: Track) {
  const watched = new WeakMap<Element, string>();
  /** What is on the screen, and since when it is looked at (ms); not in a tab behind another. */
  const onScreen = new Map<HTMLElement, readonly [about: About, since: number] | undefined>();
  const look = (element: HTMLElement) =>
    onScreen.set(element, document.hidden ? undefined : [aboutOf(element), performance.now()]);
  const end = (element: HTMLElement) => {
    const looked = onScreen.get(element);
    onScreen.delete(element);
    if (!looked) return;
    const value = Math.min(Math.round(performance.now() - looked[1]), LONGEST_MS);
    if (value >= SHORTEST_MS) track('dwell', { ...looked[0], value });
  };
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const element = target as HTMLElement;
      if (!isIntersecting) end(element);
      else if (!onScreen.has(element)) look(element);
    }
  });
  const turn = () => {
    [...onScreen.keys()].forEach((element) => {
      end(element);
      look(element);
    });
  };
  document.addEventListener('visibilitychange', turn);
  return {
    watch(element: HTMLElement): void {
      if (watches(watched, element)) return;
      end(element);
      observer.unobserve(element);
      observer.observe(element);
    },
    stop(): void {
      document.removeEventListener('visibilitychange', turn);
      observer.disconnect();
      [...onScreen.keys()].forEach(end);
    },
  };
}
