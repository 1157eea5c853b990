import type { AboutOf, Track } from './about.ts';
import { SEEN_MS } from './limits.ts';
import { visibleWatch } from './visible-watch.ts';

/**
 * Records an impression of each item once it was half visible for a second without a break; of one that is larger than the window,
 * once it filled half of that.
 */
export const impressionWatch = (track: Track, aboutOf: AboutOf) =>
  visibleWatch(
    aboutOf,
    ({ intersectionRatio, intersectionRect, rootBounds }) =>
      intersectionRatio >= 0.5 || intersectionRect.height * 2 >= (rootBounds?.height ?? Infinity),
    (element, done) => {
      const timer = setTimeout(() => {
        done();
        track('impression', aboutOf(element));
      }, SEEN_MS);
      return () => clearTimeout(timer);
    },
    // The browser tells when another tenth comes into view or leaves it.
    [0, 0.1, 0.2, 0.3, 0.4, 0.5],
  );
