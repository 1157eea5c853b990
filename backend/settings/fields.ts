import { CronPattern } from 'croner';
import { z } from 'zod';

/** Settings that belong together: unknown names are refused, and what is left out takes its default. */
export function group<T extends z.ZodRawShape>(shape: T) {
  const whole = z.strictObject(shape).readonly();
  // An empty object is a whole one: every field has a default, or may be left out.
  return whole.prefault({} as z.input<typeof whole>);
}

/** What a check between settings found. The message goes on where the path of the setting ends. */
export function problem(context: z.RefinementCtx, path: readonly string[], message: string): void {
  context.addIssue({ code: 'custom', path: [...path], message });
}

/** A cron pattern, UTC; empty: never. */
export const schedule = z
  .stringFormat('cron', isSchedule)
  .meta({ description: 'a cron pattern (UTC), or empty for never' });

export const count = z.number().int().nonnegative();
/** Something that there must be one of at least. */
export const atLeastOne = z.number().int().min(1);
export const positive = z.number().positive();
/** How many times something may be of something else. */
export const multiple = z.number().min(1);
export const share = z.number().min(0).max(1);

function isSchedule(pattern: string): boolean {
  if (pattern === '') return true;
  try {
    return Boolean(new CronPattern(pattern));
  } catch {
    return false;
  }
}
