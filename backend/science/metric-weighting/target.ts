import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { TargetDefinition } from './target-definition.ts';

export interface DatedOutcome {
  readonly name: string;
  readonly value: number;
  /** Epoch ms. */
  readonly at: number;
}

/** For people, such as `renewal within 90 days`. */
export function targetName({ kind, outcome, horizonDays }: TargetDefinition): string {
  switch (kind) {
    case 'happened':
      return `${outcome} within ${horizonDays} days`;
    case 'sum':
      return `${outcome} over ${horizonDays} days`;
    case 'mean daily':
      return `mean daily ${outcome} over ${horizonDays} days`;
    default:
      return kind satisfies never;
  }
}

/** End of the horizon, epoch ms. Until then a unit has no label, because the outcome may still happen. */
export const horizonEnd = ({ horizonDays }: TargetDefinition, firstSeenAt: number): number =>
  firstSeenAt + horizonDays * DAY_MS;

/**
 * The label of a unit.
 * @param outcomes of this unit, in any order. @param observedUntil epoch ms up to which outcomes have been received.
 * @returns NaN until the horizon has ended, even if the outcome has happened already: otherwise positive units would be
 * labelled earlier than negative ones, and the labels would be biased.
 */
export function targetValue(
  target: TargetDefinition,
  outcomes: readonly DatedOutcome[],
  firstSeenAt: number,
  observedUntil: number,
): number {
  const end = horizonEnd(target, firstSeenAt);
  if (observedUntil < end) return Number.NaN;
  const counted = outcomes.filter(
    ({ name, at }) => name === target.outcome && at >= firstSeenAt && at < end,
  );
  const sum = counted.reduce((total, { value }) => total + value, 0);
  switch (target.kind) {
    case 'happened':
      return counted.some(({ value }) => value > 0) ? 1 : 0;
    case 'sum':
      return sum;
    case 'mean daily':
      return sum / target.horizonDays;
    default:
      return target.kind satisfies never;
  }
}
