import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { Counts } from './objective.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Over which budgets are counted. */
export const BUDGET_MS = 28 * DAY_MS;

/**
 * Multiwindow, multi-burn-rate alerts as in "The Site Reliability Workbook" (Beyer et al., O'Reilly 2018), chapter 5 "Alerting on SLOs",
 * sixth approach and table 5-8. A burn rate of 1 spends the budget in exactly its period. Both windows must burn: the long one
 * shows that it is worth somebody's time, the short one that it still goes on.
 */
export const BURN_RULES = [
  { kind: 'fast burn', rate: 14.4, longMs: HOUR_MS, shortMs: 5 * MINUTE_MS },
  { kind: 'fast burn', rate: 6, longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS },
  { kind: 'slow burn', rate: 1, longMs: 3 * DAY_MS, shortMs: 6 * HOUR_MS },
] as const;
export type BurnRule = (typeof BURN_RULES)[number];

/** All windows of the rules and that of the budget, ms, from the shortest. */
export const WINDOWS_MS: readonly number[] = [
  ...new Set([...BURN_RULES.flatMap(({ longMs, shortMs }) => [longMs, shortMs]), BUDGET_MS]),
].toSorted((a, b) => a - b);

/** How many times as fast as it may the budget is spent. @returns undefined without events. */
export const burnRate = ({ good, total }: Counts, target: number): number | undefined =>
  total === 0 ? undefined : (total - good) / total / (1 - target);

/** What is left of the budget: 1 all of it, 0 nothing, less where more was spent. @returns undefined without events. */
export function budgetLeft(overBudget: Counts, target: number): number | undefined {
  const rate = burnRate(overBudget, target);
  return rate === undefined ? undefined : 1 - rate;
}

/** @returns undefined where too little is known to say. */
export function burns(
  { rate, longMs, shortMs }: BurnRule,
  countsIn: (windowMs: number) => Counts,
  target: number,
  minEvents: number,
): boolean | undefined {
  const long = countsIn(longMs);
  if (long.total < minEvents) return undefined;
  if (burnRate(long, target)! <= rate) return false;
  const short = burnRate(countsIn(shortMs), target);
  return short === undefined ? undefined : short > rate;
}
