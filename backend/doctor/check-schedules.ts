import { moment } from '../../shared/text/text.ts';
import { dueLast } from '../scheduler/repeat.ts';
import type { Scheduled } from '../scheduler/scheduler.ts';
import { ok, warning, type Check } from './check.ts';

export interface LastRun {
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly problem: string | null;
}

/** How late a run may be noted: it may still be under way, such as a training. */
const PATIENCE_MS = 6 * 3_600_000;

/** When each job that runs by the clock ran last and runs next. @param upSinceMs since when this backend runs. */
export function checkSchedules(
  jobs: readonly Scheduled[],
  runs: ReadonlyMap<string, LastRun>,
  upSinceMs: number,
  nowMs: number,
): Check[] {
  return jobs.flatMap(({ name, schedule, nextAt }) => {
    if (typeof schedule !== 'string' || schedule === '') return [];
    const last = runs.get(name);
    const about = `last ${last === undefined ? 'never' : moment(last.startedAt)}, next ${moment(nextAt)}`;
    const title = `schedule: ${name}`;
    if (last?.problem != null)
      return [
        warning(title, `${about}; it failed: ${last.problem}`, 'the backend’s log says more'),
      ];
    const due = dueLast(schedule, nowMs - PATIENCE_MS);
    // Nobody ran what was due while no backend was there.
    const isMissed = due !== null && due > upSinceMs && (last?.startedAt ?? 0) < due - 60_000;
    return [
      isMissed
        ? warning(
            title,
            `${about}; it was due ${moment(due)}`,
            'restart the backend that leads; its log says what it was doing',
          )
        : ok(title, about),
    ];
  });
}
