import { inArray } from 'drizzle-orm';
import { ApiError } from '../../../shared/domain/errors.ts';
import { dueLast } from '../../scheduler/repeat.ts';
import type { Job } from '../../scheduler/scheduler.ts';
import type { Store } from '../../store/open.ts';
import { feeds as states } from '../../store/tables.ts';

/** What is read on a schedule. */
export interface Reading {
  /** Of its state among those of feeds. */
  readonly name: string;
  readonly job: string;
  /** Undefined: it is read at each start, and at no other time. */
  readonly schedule: string | undefined;
  /** @throws ApiError where it is refused, once that is recorded and logged. */
  readonly read: () => Promise<unknown>;
}

/** Each on its schedule, and once at the start what was due while no backend ran, or never read before. @param overdue the name of the job that does that. */
export function readingJobs(deps: {
  readonly store: Store;
  readonly overdue: string;
  readonly readings: readonly Reading[];
  readonly everyMs: number;
  readonly nowMs: () => number;
}): Job[] {
  const { store, overdue, readings, everyMs, nowMs } = deps;
  if (readings.length === 0) return [];
  const attempt = async ({ read }: Reading) => {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  };
  const unseen = new Set(readings);
  const readOverdue = async () => {
    if (unseen.size === 0) return;
    const rows = await store.db
      .select({ name: states.name, askedAt: states.askedAt })
      .from(states)
      .where(
        inArray(
          states.name,
          readings.map(({ name }) => name),
        ),
      );
    const askedAt = new Map(rows.map((row) => [row.name, row.askedAt]));
    for (const reading of readings) {
      if (!unseen.delete(reading)) continue;
      const { name, schedule } = reading;
      const asked = askedAt.get(name);
      const isDue =
        schedule === undefined || asked === undefined || asked < (dueLast(schedule, nowMs()) ?? 0);
      if (isDue) await attempt(reading);
    }
  };
  return [
    ...readings.flatMap((reading) => {
      const { job, schedule } = reading;
      return schedule === undefined
        ? []
        : [{ name: job, schedule, leaderOnly: true, run: () => attempt(reading) }];
    }),
    { name: overdue, schedule: everyMs, leaderOnly: true, run: readOverdue },
  ];
}
