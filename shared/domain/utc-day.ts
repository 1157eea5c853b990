/** `2026-11-22`, UTC: the day of a ranking is the partition that it lies in. */
export type UtcDay = string;

export const DAY_MS = 86_400_000;

export const dayOf = (atMs: number): UtcDay => new Date(atMs).toISOString().slice(0, 10);

/** First millisecond of a day. */
export const startOfDay = (day: UtcDay): number => Date.parse(`${day}T00:00:00Z`);

export const floorToDay = (atMs: number): number => Math.floor(atMs / DAY_MS) * DAY_MS;

/** All of the days that a span touches; epoch ms, both inclusive. */
export const wholeDays = ({ from, to }: { readonly from: number; readonly to: number }) => ({
  from: floorToDay(from),
  to: floorToDay(to) + DAY_MS - 1,
});

/** First and last millisecond of a day. */
export const boundsOf = (day: UtcDay) => wholeDays({ from: startOfDay(day), to: startOfDay(day) });
