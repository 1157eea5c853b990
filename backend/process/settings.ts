import { CronPattern } from 'croner';
import { z } from 'zod';

/** A cron pattern, UTC; empty: never. */
export const schedule = z.string().refine(isSchedule, {
  error: ({ input }) => `must be a cron pattern or empty, but was "${String(input)}"`,
});

function isSchedule(pattern: string): boolean {
  if (pattern === '') return true;
  try {
    return Boolean(new CronPattern(pattern));
  } catch {
    return false;
  }
}

/** @throws Error naming the first setting that is wrong, and what it should have been. */
export function parseSettings<T>(given: z.ZodType<T>, value: unknown): T {
  const { success, data, error } = given.safeParse(value);
  if (success) return data;
  const [{ path, message }] = error.issues;
  throw new Error(`${path.join('.') || 'the value'}: ${message}`);
}
