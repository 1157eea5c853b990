import { messageOf } from '../../shared/text/message-of.ts';
import type { Leadership } from './leadership.ts';
import { repeat, type Schedule } from './repeat.ts';

/** What the backend does without being asked. */
export interface Job {
  readonly name: string;
  readonly schedule: Schedule;
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
  const repetitions = new Map(
    jobs.map((job) => [
      job.name,
      repeat(job.schedule, async () => {
        const current = run(job);
        running.add(current);
        await current;
        running.delete(current);
      }),
    ]),
  );
  return {
    nextAt: (job) => repetitions.get(job)?.nextAt() ?? null,
    async stop() {
      for (const repetition of repetitions.values()) repetition.stop();
      await Promise.all(running);
    },
  };
}
