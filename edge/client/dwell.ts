import type { AboutOf, Track } from './about.ts';
import { visibleWatch } from './visible-watch.ts';

const SHORTEST_MS = 1000;
/** Who looks at one page for longer without a break has left it open. */
const LONGEST_MS = 1_800_000;

/** Records for how long elements with `data-trimtab-detail` are on the screen, each time that they were. */
export const dwellWatch = (track: Track, aboutOf: AboutOf) =>
  visibleWatch(
    aboutOf,
    ({ isIntersecting }) => isIntersecting,
    (element) => {
      const about = aboutOf(element);
      const since = performance.now();
      return () => {
        const value = Math.min(Math.round(performance.now() - since), LONGEST_MS);
        if (value >= SHORTEST_MS) track('dwell', { ...about, value });
      };
    },
  );
