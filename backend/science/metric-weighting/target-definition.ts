import { z } from 'zod';
import { invalid } from '../../../shared/domain/errors.ts';

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

/** @throws ApiError 400 naming the field that is wrong. */
export function parseTarget(input: unknown): TargetDefinition {
  const parsed = targetDefinition.safeParse(input);
  if (parsed.success) return parsed.data;
  throw invalid(
    `a target looks like {"kind": "happened" | "sum" | "mean daily", "outcome": "renewal", "horizonDays": 90}, but ${problemOf(parsed.error)}`,
  );
}

const problemOf = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; ');
