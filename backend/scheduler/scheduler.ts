import { Cron } from 'croner';
import { ApiError } from '../../shared/domain/errors.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import type { Lease } from './lease.ts';

/** What happens by itself. */
export interface Job {
  readonly name: string;
  /** Cron pattern, UTC; an empty one never comes. */
  readonly schedule: string;
  run(): Promise<void>;
  /** Only one of several backends does it. */
  readonly leaderOnly: boolean;
}

export interface Clockwork {
  /** What keeps the pointer from being looked at; undefined while nothing does. */
  problem(): string | undefined;
  /** Of a job, epoch ms; null where it never comes. */
  nextAt(job: string): number | null;
  stop(): Promise<void>;
}

export interface ClockworkDeps {
  /** Keeps the weights pointer in KV and what the store says of it equal. */
  readonly rollout: {
    watch(): Promise<void>;
    retraffic(by: string): Promise<void>;
  };
  /** Publishes the catalogue when it changed, and tries again what failed. */
  readonly snapshots: {
    changed(): void;
    retry(): void;
  };
  /** Held by the one backend that does what only one may do. */
  readonly leader: Lease;
  /** Says to the others that this backend lives. */
  readonly presence: Lease;
  readonly leaseMs: number;
  /** Cron pattern with seconds. */
  readonly watchSchedule: string;
  readonly jobs: readonly Job[];
  readonly log: (message: string) => void;
}

/** Every backend watches the pointer, and tries again what failed to publish; jobs come when they are due. */
export function startClockwork(deps: ClockworkDeps): Clockwork {
  const { rollout, snapshots, leader, presence, leaseMs, log } = deps;
  let problem: string | undefined = 'the pointer was not looked at yet';
  let looking: Promise<void> = Promise.resolve();
  /** What was recorded before a crash, or while the edge was away, may not be in the pointer yet. */
  let isBehind = true;

  /** Renewed long before it runs out, and not at every look: each renewal is a write. */
  const keeps = async (lease: Lease) => lease.isHeld(leaseMs / 2) || (await lease.renew());
  const look = async () => {
    try {
      await keeps(presence);
      await keeps(leader);
      await rollout.watch();
      if (isBehind) await rollout.retraffic('backend');
      isBehind = false;
      problem = undefined;
    } catch (error) {
      const message = messageOf(error);
      const isForeseen = error instanceof ApiError || !(error instanceof Error);
      if (message !== problem) log(`watch: ${isForeseen ? message : error.stack}`);
      problem = message;
      isBehind = true;
    }
    snapshots.retry();
  };
  const running = new Set<Promise<void>>();
  const run = async (job: Job) => {
    try {
      if (!job.leaderOnly || (await keeps(leader))) await job.run();
    } catch (error) {
      log(`${job.name} failed: ${messageOf(error)}`);
    }
  };
  const options = { timezone: 'UTC', protect: true, catch: true };
  const watching = new Cron(deps.watchSchedule, options, () => (looking = look()));
  const crons = new Map(
    deps.jobs
      .filter(({ schedule }) => schedule !== '')
      .map((job) => [
        job.name,
        new Cron(job.schedule, options, async () => {
          const under = run(job);
          running.add(under);
          await under;
          running.delete(under);
        }),
      ]),
  );
  snapshots.changed();
  looking = look();
  return {
    problem: () => problem,
    nextAt: (job) => crons.get(job)?.nextRun()?.getTime() ?? null,
    async stop() {
      watching.stop();
      for (const cron of crons.values()) cron.stop();
      await looking;
      await Promise.all(running);
      await leader.release();
      await presence.release();
    },
  };
}
