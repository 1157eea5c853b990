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

/** How a job that runs by the clock went. */
export interface JobRun {
  readonly name: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly problem?: string;
}

/** A job and when it is due, for who looks whether it runs. */
export interface Scheduled {
  readonly name: string;
  readonly schedule: Schedule;
  readonly nextAt: number | null;
}

export interface Scheduler {
  jobs(): Scheduled[];
  /** When a job is due next, epoch ms; null for a job without a schedule. */
  nextAt(job: string): number | null;
  /** Waits for the jobs that are running. */
  stop(): Promise<void>;
}

/** Runs jobs when they are due. One that fails is logged, and runs again when it is due next. */
export function startScheduler({
  leadership,
  jobs,
  record,
  log,
}: {
  readonly leadership: Pick<Leadership, 'isLeader'>;
  readonly jobs: readonly Job[];
  /** Told of each run of a job with a cron pattern. */
  readonly record?: (run: JobRun) => Promise<unknown>;
  readonly log: (message: string) => void;
}): Scheduler {
  const running = new Set<Promise<void>>();
  const run = async (job: Job) => {
    const startedAt = Date.now();
    let problem: string | undefined;
    try {
      if (job.leaderOnly && !(await leadership.isLeader())) return;
      await job.run();
    } catch (error) {
      problem = messageOf(error);
      log(`${job.name} failed: ${problem}`);
    }
    if (typeof job.schedule !== 'string' || record === undefined) return;
    const about = { name: job.name, startedAt, finishedAt: Date.now() };
    await record(problem === undefined ? about : { ...about, problem }).catch((error: unknown) =>
      log(`that ${job.name} ran could not be noted: ${messageOf(error)}`),
    );
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
    jobs: () =>
      jobs.map(({ name, schedule }) => ({
        name,
        schedule,
        nextAt: repetitions.get(name)?.nextAt() ?? null,
      })),
    nextAt: (job) => repetitions.get(job)?.nextAt() ?? null,
    async stop() {
      for (const repetition of repetitions.values()) repetition.stop();
      await Promise.all(running);
    },
  };
}
