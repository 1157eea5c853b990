import { EVENT_TYPES, type EventType } from '../../../shared/domain/event.ts';
import { isMetric, isOutcome, type AMOUNT_NAMES } from '../../../shared/domain/metric-name.ts';

/**
 * What happened to one shown item of one ranking, by column: `click` is how many clicks, `dwell_value` what
 * their values come to, `outcome.revenue` what was credited to it later. Columns that are 0 may be left out.
 */
export type Tallies = Readonly<Record<string, number>>;

/** How the values of several events of a type become one; other types carry none. */
const VALUED = {
  dwell: 'sum',
  booking: 'sum',
  payment: 'sum',
  scroll_depth: 'max',
  form_progress: 'max',
  survey: 'sum',
  reward: 'sum',
} as const satisfies Partial<Record<EventType, 'sum' | 'max'>>;

export const COUNT_COLUMNS: readonly string[] = EVENT_TYPES;
export const VALUE_COLUMNS: readonly string[] = Object.keys(VALUED).map((type) => `${type}_value`);

/** Metrics that are amounts, with their unit: the column and what one unit of it counts. */
const UNITS: Readonly<Record<(typeof AMOUNT_NAMES)[number], { column: string; per: number }>> = {
  dwell_seconds: { column: 'dwell_value', per: 1000 },
  booking_value: { column: 'booking_value', per: 1 },
  payment_value: { column: 'payment_value', per: 1 },
  scroll_share: { column: 'scroll_depth_value', per: 1 },
  form_share: { column: 'form_progress_value', per: 1 },
  survey_score: { column: 'survey_value', per: 1 },
  reward_value: { column: 'reward_value', per: 1 },
};

const AMOUNTS: Readonly<Record<string, { column: string; per: number } | undefined>> = UNITS;

/** The column that a metric is read from; undefined where there is no such metric. */
export const columnOf = (metric: string): string | undefined =>
  AMOUNTS[metric]?.column ?? (isMetric(metric) ? metric : undefined);

export interface EventMetric {
  readonly type: EventType;
  /** How many, or what their values come to. */
  readonly by: 'count' | 'sum' | 'max';
  /** What one unit of the metric counts. */
  readonly per: number;
}

/** How a metric comes of the events of a type; undefined where it does not come of events. */
export function eventMetric(metric: string): EventMetric | undefined {
  const amount = Object.hasOwn(AMOUNTS, metric) ? AMOUNTS[metric] : undefined;
  if (amount === undefined) {
    const type = EVENT_TYPES.find((name) => name === metric);
    return type && { type, by: 'count', per: 1 };
  }
  const type = amount.column.slice(0, -'_value'.length) as keyof typeof VALUED;
  return { type, by: VALUED[type], per: amount.per };
}

/** An event of a ranking, as it is counted. */
export interface TalliedEvent {
  /** Null where it is of no item. */
  readonly itemId: string | null;
  readonly type: string;
  readonly value: number | null;
}

/** What happened to each item of a slate, by slot; undefined where nothing did. Events of no item of it are left out. */
export function talliesOf(
  itemIds: readonly string[],
  events: Iterable<TalliedEvent>,
): (Record<string, number> | undefined)[] {
  const tallies: (Record<string, number> | undefined)[] = itemIds.map(() => undefined);
  for (const { itemId, type, value } of events) {
    const slot = itemId === null ? -1 : itemIds.indexOf(itemId);
    if (slot >= 0) tally((tallies[slot] ??= {}), type, value);
  }
  return tallies;
}

/** Adds an event to a tally. */
export function tally(tallies: Record<string, number>, type: string, value: number | null): void {
  tallies[type] = (tallies[type] ?? 0) + 1;
  if (value === null || !(type in VALUED)) return;
  const column = `${type}_value`;
  const before = tallies[column];
  tallies[column] =
    VALUED[type as keyof typeof VALUED] === 'sum'
      ? (before ?? 0) + value
      : Math.max(before ?? value, value);
}

/** How much of a metric there was: an event type by its count, an amount in its unit. */
export function amountOf(tallies: Tallies, metric: string): number {
  const amount = AMOUNTS[metric];
  return (tallies[amount?.column ?? metric] ?? 0) / (amount?.per ?? 1);
}

/**
 * Reward = Σ metric × metric weight, of one item in one ranking. An event type counts once however often it
 * happened; an amount (`dwell_seconds`, `booking_value`, `outcome.…`) counts by its size. Learners weigh by
 * rewards, so a sum below 0 is 0: a metric with a weight below 0 takes from what else the item earned.
 */
export function rewardOf(tallies: Tallies, weights: Readonly<Record<string, number>>): number {
  let sum = 0;
  for (const metric in weights) {
    const amount = AMOUNTS[metric];
    const value = tallies[amount?.column ?? metric];
    if (value === undefined) continue;
    if (amount !== undefined) sum += (value / amount.per) * weights[metric];
    else sum += (isOutcome(metric) ? value : Math.min(value, 1)) * weights[metric];
  }
  return Math.max(sum, 0);
}
