import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { LEASE_MS } from '../../scheduler/lease.ts';
import type { Job } from '../../scheduler/scheduler.ts';
import type { Store } from '../../store/open.ts';
import { completeBatches } from '../retention/receipts.ts';
import type { Bucket } from './bucket.ts';
import { markBucket } from './has-bucket.ts';
import { listRefused, markSwept, readSwept, type Task } from './marks.ts';
import { objectLease } from './object-lease.ts';
import type { StoredBatchSettings } from './settings.ts';
import { listTasks, sweepBatches, taskLeaseName, type Swept } from './sweep.ts';
import { taskTaker, type TakeDeps } from './take-task.ts';

/** Days before yesterday get nothing new, but for a shard that could not put it before. */
const OLD_EVERY_MS = 60_000;
const SWEEP_EVERY_MS = 3_600_000;
/** How often a backend looks whether one is due, so that another one sweeps in time where the last that did has ended. */
const SWEEP_LOOK_MS = 300_000;

export interface StoredBatches {
  /** Takes what is new of every day and shard that no other backend has in hand. @returns how many batches. */
  takeNew(): Promise<number>;
  /** @throws what kept a batch from being taken, once all that is old is deleted. */
  sweep(): Promise<Swept>;
  /** As `sweep`, unless one of the backends has swept within the hour. @returns undefined where it has, or does now. */
  sweepIfDue(): Promise<Swept | undefined>;
  jobs(): Job[];
  /** What is wrong, as a sentence for anybody; undefined: nothing. */
  problem(): string | undefined;
  refused(): ReturnType<typeof listRefused>;
}

export interface StoredBatchesDeps extends Omit<TakeDeps, 'lease' | 'leaseMarginMs'> {
  readonly bucket: Bucket;
  readonly store: Store;
  readonly settings: StoredBatchSettings;
  /** This process. */
  readonly backend: string;
  /** In another order each time, so that backends begin with different shards; default by chance. */
  readonly random?: () => number;
}

export function storedBatchesOf(deps: StoredBatchesDeps): StoredBatches {
  const { bucket, store, settings, backend, nowMs, random = Math.random } = deps;
  const lease = (name: string) =>
    objectLease(bucket, { name, holder: backend, ttlMs: LEASE_MS, nowMs });
  const taker = taskTaker({
    ...deps,
    lease: (task) => lease(taskLeaseName(task)),
    leaseMarginMs: LEASE_MS / 2,
  });
  const lookedAtMs = new Map<string, number>();
  let failed: string | undefined;
  /** When this backend has swept in vain. */
  let sweptInVainMs = -Infinity;
  const isWithinHour = (atMs: number) => {
    const sinceMs = nowMs() - atMs;
    return sinceMs >= 0 && sinceMs < SWEEP_EVERY_MS - SWEEP_LOOK_MS;
  };

  /** The oldest day first; what is of days before yesterday, now and then. */
  const dueTasks = async (): Promise<Task[]> => {
    const now = nowMs();
    const tasks = await listTasks(bucket);
    const due = tasks.filter((task) => {
      const sinceMs = now - (lookedAtMs.get(taskLeaseName(task)) ?? -Infinity);
      return Date.parse(task.day) > now - 2 * DAY_MS || sinceMs < 0 || sinceMs >= OLD_EVERY_MS;
    });
    return due
      .map((task) => ({ task, order: random() }))
      .toSorted((a, b) => a.task.day.localeCompare(b.task.day) || a.order - b.order)
      .map(({ task }) => task);
  };

  const service: StoredBatches = {
    async takeNew() {
      let taken = 0;
      const problems: unknown[] = [];
      const tasks = await dueTasks();
      const worker = async () => {
        for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
          try {
            const some = await taker.take(task);
            taken += some;
            // There may be more than one turn takes.
            if (some === 0) lookedAtMs.set(taskLeaseName(task), nowMs());
          } catch (error) {
            problems.push(error);
          }
        }
      };
      await Promise.all(Array.from({ length: settings.parallel }, worker));
      if (problems.length > 0) throw problems[0];
      return taken;
    },

    async sweep() {
      const own = lease('sweep');
      if (!(await own.renew())) return { deleted: 0, goneBefore: 0, isEmpty: false, problems: [] };
      const beganMs = nowMs();
      try {
        const swept = await sweepBatches({
          bucket,
          store,
          take: async (task) => {
            if (!own.isHeld(LEASE_MS / 2)) await own.renew();
            return taker.take(task, true);
          },
          keepHours: settings.keepHours,
          nowMs,
        });
        lookedAtMs.clear();
        await store.write([
          completeBatches(store, swept.goneBefore, nowMs()),
          markBucket(store, swept.isEmpty),
          ...(swept.problems.length === 0 ? [markSwept(store, beganMs)] : []),
        ]);
        if (swept.problems.length > 0) throw swept.problems[0];
        return swept;
      } finally {
        await own.release();
      }
    },

    async sweepIfDue() {
      if (isWithinHour(sweptInVainMs) || isWithinHour(await readSwept(store))) return undefined;
      try {
        const swept = await service.sweep();
        return swept.goneBefore === 0 ? undefined : swept;
      } catch (error) {
        // The others may do better; this one tries again in an hour, as reading every key is dear.
        sweptInVainMs = nowMs();
        throw error;
      }
    },

    jobs: () => [
      {
        name: 'batches from the bucket',
        schedule: settings.pollSeconds * 1000,
        leaderOnly: false,
        run: async () => {
          try {
            await service.takeNew();
            failed = undefined;
          } catch (error) {
            failed = messageOf(error);
            throw error;
          }
        },
      },
      {
        name: 'sweep of the bucket',
        schedule: SWEEP_LOOK_MS,
        leaderOnly: false,
        run: async () => void (await service.sweepIfDue()),
      },
    ],

    problem: () =>
      failed === undefined
        ? undefined
        : 'batches cannot be taken from the bucket of the log: the log of this backend says why',
    refused: () => listRefused(store),
  };
  return service;
}
