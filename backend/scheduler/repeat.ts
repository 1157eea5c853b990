import { Cron } from 'croner';

/** When something is done: a cron pattern, UTC, empty for never; or a period in ms, whose first end is the first time. */
export type Schedule = string | number;

export interface Repetition {
  /** When it is due next, epoch ms; null for never. */
  nextAt(): number | null;
  /** What is running goes on. */
  stop(): void;
}

/** Does it whenever it is due and not still running from before. @param run does not throw. */
export function repeat(schedule: Schedule, run: () => Promise<void>): Repetition {
  if (schedule === '') return { nextAt: () => null, stop: () => undefined };
  return typeof schedule === 'string' ? byClock(schedule, run) : byPeriod(schedule, run);
}

/** When a cron pattern was due last, epoch ms; null for one that is empty or never was. */
export const dueLast = (pattern: string, nowMs: number): number | null =>
  pattern === ''
    ? null
    : (new Cron(pattern, { timezone: 'UTC', paused: true })
        .previousRuns(1, new Date(nowMs))[0]
        ?.getTime() ?? null);

function byClock(pattern: string, run: () => Promise<void>): Repetition {
  const cron = new Cron(pattern, { timezone: 'UTC', protect: true, catch: true }, run);
  return { nextAt: () => cron.nextRun()?.getTime() ?? null, stop: () => cron.stop() };
}

function byPeriod(periodMs: number, run: () => Promise<void>): Repetition {
  let dueAtMs = Date.now() + periodMs;
  let isRunning = false;
  const timer = setInterval(() => {
    dueAtMs = Date.now() + periodMs;
    if (isRunning) return;
    isRunning = true;
    void run().finally(() => (isRunning = false));
  }, periodMs);
  return { nextAt: () => dueAtMs, stop: () => clearInterval(timer) };
}
