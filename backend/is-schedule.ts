import { CronPattern } from 'croner';

/** Whether it is a cron pattern, or empty: what never comes by itself. */
export function isSchedule(pattern: string): boolean {
  if (pattern === '') return true;
  try {
    return Boolean(new CronPattern(pattern));
  } catch {
    return false;
  }
}
