import { aboutOf, watches, type Track } from './about.ts';

const SEEN_MS = 1000;
/** The browser tells when another tenth comes into view or leaves it. */
const THRESHOLDS = [0, 0.1, 0.2, 0.3, 0.4, 0.5];

/**
 * Records an impression of each item once it was half visible for a second without a break; of one that is larger than the window,
 * once it filled half of that.
 */
export function impressionWatch(track: Track) {
  /** What is half visible, and until when it is waited for, which in a tab behind another is not. */
  const inView = new Map<HTMLElement, ReturnType<typeof setTimeout> | undefined>();
  let watched = new WeakMap<Element, string>();
  const leave = (element: HTMLElement) => {
    clearTimeout(inView.get(element));
    inView.delete(element);
  };
  const wait = (element: HTMLElement) => {
    leave(element);
    inView.set(
      element,
      document.hidden
        ? undefined
        : setTimeout(() => {
            leave(element);
            observer.unobserve(element);
            track('impression', aboutOf(element));
          }, SEEN_MS),
    );
  };
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, intersectionRatio, intersectionRect, rootBounds } of entries) {
        const element = target as HTMLElement;
        const isSeen =
          intersectionRatio >= 0.5 ||
          intersectionRect.height * 2 >= (rootBounds?.height ?? Infinity);
        if (!isSeen) leave(element);
        else if (!inView.has(element)) wait(element);
      }
    },
    { threshold: THRESHOLDS },
  );
  const waitAgain = () => [...inView.keys()].forEach(wait);
  document.addEventListener('visibilitychange', waitAgain);
  return {
    watch(element: HTMLElement): void {
      if (watches(watched, element)) return;
      leave(element);
      observer.unobserve(element);
      observer.observe(element);
    },
    /** What was seen of another ranking is to be seen again. */
    restart(): void {
      watched = new WeakMap();
    },
    stop(): void {
      document.removeEventListener('visibilitychange', waitAgain);
      observer.disconnect();
      [...inView.keys()].forEach(leave);
    },
  };
}
