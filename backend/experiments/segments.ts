import type { ExposedUnit } from './exposed-units.ts';

/** One attribute of the units as they were at their first exposure, whatever an arm did to them later. */
export interface Segmentation {
  readonly dimension: string;
  /** Per unit. */
  readonly values: readonly string[];
}

/** Values beyond the most frequent ones are merged into `other`; dimensions beyond the most frequent ones are left out. */
const MAX_VALUES = 10;
const MAX_DIMENSIONS = 12;
/** A visitor's page may send anything: longer names are ignored, longer values are cut. */
const MAX_LENGTH = 64;
/** Values with fewer units are merged into `other`, so that a stored report identifies nobody. */
const FEWEST_UNITS = 5;
const OTHER = 'other';
const UNKNOWN = 'unknown';

/** `hour` in blocks of six (of the request's context, else UTC), `visitor`, and each scalar of the request's context. */
export function segmentationsOf(units: readonly ExposedUnit[]): Segmentation[] {
  const read = contextReader();
  const contexts = units.map(({ context }) => read(context));
  const names = mostFrequent(contexts.flatMap((context) => Object.keys(context)));
  const dimensions = names
    .filter((name) => name !== 'hour' && name !== 'visitor')
    .slice(0, MAX_DIMENSIONS - 2);
  return [
    {
      dimension: 'hour',
      values: units.map(({ firstAt }, i) => hourBlock(contexts[i].hour, firstAt)),
    },
    { dimension: 'visitor', values: units.map(({ visitor }) => visitor) },
    ...dimensions.map((dimension) => ({
      dimension,
      values: bounded(contexts.map((context) => context[dimension] ?? UNKNOWN)),
    })),
  ];
}

type Context = Readonly<Record<string, string>>;

const NOTHING: Context = Object.create(null);

/** Parses each distinct text once, because many contexts are equal. */
function contextReader(): (text: string | null) => Context {
  const known = new Map<string | null, Context>([[null, NOTHING]]);
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const context: Record<string, string> = Object.create(null);
    for (const [name, value] of Object.entries(JSON.parse(text!) as object))
      if (name.length <= MAX_LENGTH && ['string', 'number', 'boolean'].includes(typeof value))
        context[name] = String(value).slice(0, MAX_LENGTH);
    known.set(text, context);
    return context;
  };
}

function hourBlock(given: string | undefined, atMs: number): string {
  const hour = given === undefined ? NaN : Number(given);
  const isHour = Number.isInteger(hour) && hour >= 0 && hour < 24;
  const start = Math.floor((isHour ? hour : new Date(atMs).getUTCHours()) / 6) * 6;
  return `${String(start).padStart(2, '0')}–${String(start + 5).padStart(2, '0')}`;
}

function bounded(values: readonly string[]): string[] {
  const kept = new Set(mostFrequent(values).slice(0, MAX_VALUES));
  return values.map((value) => (kept.has(value) ? value : OTHER));
}

/** Distinct values, the most frequent first, without those of fewer than `FEWEST_UNITS`. */
function mostFrequent(values: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count >= FEWEST_UNITS)
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([value]) => value);
}
