import { EVENT_TYPES } from './event.ts';

/** Metrics that are amounts, not counts of an event type. */
export const AMOUNT_NAMES = [
  'dwell_seconds',
  'booking_value',
  'payment_value',
  'scroll_share',
  'form_share',
  'survey_score',
  'reward_value',
] as const;

export const METRIC_NAMES: readonly string[] = [...EVENT_TYPES, ...AMOUNT_NAMES];

const OUTCOME = /^outcome\.[a-z][a-z0-9_]{0,63}$/;

export const isOutcome = (name: string): boolean => OUTCOME.test(name);

/** An event type, an amount, or `outcome.` and the name of an outcome. */
export const isMetric = (name: string): boolean => METRIC_NAMES.includes(name) || isOutcome(name);
