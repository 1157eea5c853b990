/**
 * Times and limits of modules that import others. They stand here as esbuild writes a constant in where it is used only if no import stands above it, which is
 * 40 bytes of what pages wait for.
 */

/** After it the page's own order stands. */
export const RANK_TIMEOUT_MS = 1000;
/** Items of one ranking. */
export const MOST_RANKED = 100;
/** Who comes back later begins a new session. */
export const SESSION_IDLE_MS = 1_800_000;
/** Time for a page that changes much to finish. */
export const SETTLE_MS = 100;
/** In view for so long, an item was seen. */
export const SEEN_MS = 1000;
export const SHORTEST_DWELL_MS = 1000;
/** Who looks at one page for longer without a break has left it open. */
export const LONGEST_DWELL_MS = 1_800_000;
export const HOUR_MS = 3_600_000;
