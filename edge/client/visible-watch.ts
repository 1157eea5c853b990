import type { AboutOf } from './about.ts';

/** Ends what began when an element came into view. */
export type End = () => void;

/**
 * Tells when elements come into view and leave it. In a tab behind another nothing is in view.
 * @param begin is called for each that comes. What it returns is called when the element leaves, its tab is hidden, or it is about
 * something else; `done` leaves the element alone until it is.
 */
export function visibleWatch(
  aboutOf: AboutOf,
  isInView: (entry: IntersectionObserverEntry) => boolean,
  begin: (element: HTMLElement, done: () => void) => End,
  threshold: number[] = [0],
) {
  const watched = new WeakMap<Element, string>();
  const inView = new Map<HTMLElement, End | undefined>();
  const leave = (element: HTMLElement) => {
    inView.get(element)?.();
    inView.delete(element);
  };
  const come = (element: HTMLElement) => {
    leave(element);
    const done = () => {
      leave(element);
      observer.unobserve(element);
    };
    inView.set(element, document.hidden ? undefined : begin(element, done));
  };
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const element = entry.target as HTMLElement;
        if (!isInView(entry)) leave(element);
        else if (!inView.has(element)) come(element);
      }
    },
    { threshold },
  );
  const turn = () => [...inView.keys()].forEach(come);
  document.addEventListener('visibilitychange', turn);
  return {
    /** To be called again when what the element is about may have changed, such as its ranking. */
    watch(element: HTMLElement): void {
      const about = JSON.stringify(aboutOf(element));
      if (watched.get(element) === about) return;
      watched.set(element, about);
      leave(element);
      observer.unobserve(element);
      observer.observe(element);
    },
    stop(): void {
      document.removeEventListener('visibilitychange', turn);
      observer.disconnect();
      [...inView.keys()].forEach(leave);
    },
  };
}
