import { inArray } from 'drizzle-orm';
import { ApiError } from '../../../shared/domain/errors.ts';
import { dueLast } from '../../scheduler/repeat.ts';
import type { Job } from '../../scheduler/scheduler.ts';
import type { Store } from '../../store/open.ts';
import { feeds as states } from '../../store/tables.ts';
import type { Feeds } from './feeds.ts';

export const feedJob = (name: string): string => `feed ${name}`;

/** Each feed on its schedule, and once at the start what was due while no backend ran, or never read before. */
export function feedJobs(deps: {
  readonly store: Store;
  readonly feeds: Feeds;
  readonly everyMs: number;
  readonly nowMs: () => number;
}): Job[] {
  const { store, feeds, everyMs, nowMs } = deps;
  const read = async (name: string) => {
    try {
      await feeds.read(name, { actor: 'backend' });
    } catch (error) {
      // Recorded and logged by then.
      if (!(error instanceof ApiError)) throw error;
    }
  };
  const scheduled = feeds.configured.filter(({ schedule }) => schedule !== '');
  const overdue = new Set(scheduled.map(({ name }) => name));
  const readOverdue = async () => {
    if (overdue.size === 0) return;
    const rows = await store.db
      .select({ name: states.name, askedAt: states.askedAt })
      .from(states)
      .where(inArray(states.name, [...overdue]));
    const askedAt = new Map(rows.map((row) => [row.name, row.askedAt]));
    for (const { name, schedule } of scheduled) {
      if (!overdue.delete(name)) continue;
      const asked = askedAt.get(name);
      if (asked === undefined || asked < (dueLast(schedule, nowMs()) ?? 0)) await read(name);
    }
  };
  return [
    ...scheduled.map(({ name, schedule }) => ({
      name: feedJob(name),
      schedule,
      leaderOnly: true,
      run: () => read(name),
    })),
    ...(scheduled.length === 0
      ? []
      : [{ name: 'overdue feeds', schedule: everyMs, leaderOnly: true, run: readOverdue }]),
  ];
}
