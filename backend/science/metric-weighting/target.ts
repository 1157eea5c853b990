import { z } from 'zod';
import { invalid } from '../../../shared/domain/errors.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';

const MAX_HORIZON_DAYS = 3650;

/**
 * Long-term value of a unit, declared per deployment. `happened`: 1 if there was such an outcome within the horizon,
 * else 0 (renewal within 90 days). `sum`: the sum of the outcome's values (value over 12 months). `mean daily`: that
 * sum per day (mean daily use over the next month). The horizon starts when the unit is first seen.
 */
export const targetDefinition = z.strictObject({
  /** Whether it happened, all that it was worth, or the same per day. */
  kind: z.enum(['happened', 'sum', 'mean daily']),
  /** Name of the outcome, as `POST /v1/outcomes` gets it. */
  outcome: z
    .string()
    .regex(/^[a-z][a-z0-9_.]{0,63}$/, 'must be an outcome, such as renewal')
    .meta({ description: 'the name of an outcome, such as renewal' }),
  /** From when the unit was first seen. */
  horizonDays: z.number().positive().max(MAX_HORIZON_DAYS),
});

export type TargetDefinition = Readonly<z.infer<typeof targetDefinition>>;

export interface DatedOutcome {
  readonly name: string;
  readonly value: number;
  /** Epoch ms. */
  readonly at: number;
}

/** @throws ApiError 400 naming the field that is wrong. */
export function parseTarget(input: unknown): TargetDefinition {
  const parsed = targetDefinition.safeParse(input);
  if (parsed.success) return parsed.data;
  throw invalid(
    `a target looks like {"kind": "happened" | "sum" | "mean daily", "outcome": "renewal", "horizonDays": 90}, but ${problemOf(parsed.error)}`,
  );
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

const problemOf = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; ');
