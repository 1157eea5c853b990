import { eq } from 'drizzle-orm';
import { ApiError } from '../../../shared/domain/errors.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import type { Store } from '../../store/open.ts';
import { runs } from '../../store/tables.ts';
import type { StartedRun } from './run.ts';

export type Run = typeof runs.$inferSelect;

/** Runs of this backend: no second one starts while one is under way. */
export interface RunsOneAtATime {
  /** @returns the run's id. @throws ApiError 409 `training_running`, 503 `stopping`. */
  readonly start: (
    begin: () => Promise<StartedRun>,
    onFinished?: (run: Run) => void,
  ) => Promise<string>;
  /** The id of the run that is under way. */
  readonly running: () => string | undefined;
  /** The process is about to end: no run starts, and callbacks are not called any more. */
  readonly abandon: () => void;
}

export function runsOneAtATime(store: Store, log: (message: string) => void): RunsOneAtATime {
  let running: string | undefined;
  let abandoned = false;
  return {
    async start(begin, onFinished = () => {}) {
      // First: whoever waits for its turn would hold up the end, and begin a run that is cut off.
      if (abandoned)
        throw new ApiError(503, 'stopping', 'the backend is about to end: no run is started');
      if (running !== undefined)
        throw new ApiError(
          409,
          'training_running',
          `run ${running} is under way: "trimtab runs" shows when it is done`,
        );
      running = 'that is about to start';
      try {
        const { runId, finished } = await begin();
        running = runId;
        const tell = async () => {
          await finished;
          running = undefined;
          if (abandoned) return;
          const [run] = await store.db.select().from(runs).where(eq(runs.id, runId));
          if (run !== undefined) onFinished(run);
        };
        tell().catch((error: unknown) => log(`run ${runId}: ${messageOf(error)}`));
        return runId;
      } catch (error) {
        running = undefined;
        throw error;
      }
    },
    running: () => running,
    abandon() {
      abandoned = true;
    },
  };
}
