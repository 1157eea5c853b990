import { Cron } from 'croner';
import { messageOf } from '../../shared/text/message-of.ts';
import type { Leadership } from './leadership.ts';

/** What the backend does without being asked. */
export interface Job {
  readonly name: string;
  /** Cron pattern, UTC; empty: never. */
  readonly schedule: string;
  run(): Promise<void>;
  /** Only one of several backends does it. */
  readonly leaderOnly: boolean;
}

export interface Scheduler {
  /** When a job is due next, epoch ms; null for a job without a schedule. */
  nextAt(job: string): number | null;
  /** Waits for the jobs that are running. */
  stop(): Promise<void>;
}

/** In UTC; a job that is still running is not started a second time. */
export const CRON_OPTIONS = { timezone: 'UTC', protect: true, catch: true } as const;

/** Runs jobs when they are due. One that fails is logged, and runs again when it is due next. */
export function startScheduler({
  leadership,
  jobs,
  log,
}: {
  readonly leadership: Pick<Leadership, 'isLeader'>;
  readonly jobs: readonly Job[];
  readonly log: (message: string) => void;
}): Scheduler {
  const running = new Set<Promise<void>>();
  const run = async (job: Job) => {
    try {
      if (!job.leaderOnly || (await leadership.isLeader())) await job.run();
    } catch (error) {
      log(`${job.name} failed: ${messageOf(error)}`);
    }
  };
  const crons = new Map(
    jobs
      .filter(({ schedule }) => schedule !== '')
      .map((job) => [
        job.name,
        new Cron(job.schedule, CRON_OPTIONS, async () => {
          const current = run(job);
          running.add(current);
          await current;
          running.delete(current);
        }),
      ]),
  );
  return {
    nextAt: (job) => crons.get(job)?.nextRun()?.getTime() ?? null,
    async stop() {
      for (const cron of crons.values()) cron.stop();
      await Promise.all(running);
    },
  };
}
