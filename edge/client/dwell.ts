import type { AboutOf, Track } from './about.ts';
import { LONGEST_DWELL_MS, SHORTEST_DWELL_MS } from './limits.ts';
import { visibleWatch } from './visible-watch.ts';

/** Records for how long elements with `data-trimtab-detail` are on the screen, each time that they were. */
export const dwellWatch = (track: Track, aboutOf: AboutOf) =>
  visibleWatch(
    aboutOf,
    ({ isIntersecting }) => isIntersecting,
    (element) => {
      const about = aboutOf(element);
      const since = performance.now();
      return () => {
        const value = Math.min(Math.round(performance.now() - since), LONGEST_DWELL_MS);
        if (value >= SHORTEST_DWELL_MS) track('dwell', { ...about, value });
      };
    },
  );
