import { ApiError } from '../../shared/domain/errors.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { traceOf } from '../process/trace-of.ts';
import { repeat } from '../scheduler/repeat.ts';
import type { LivePointerService } from './live-pointer-service.ts';

export interface PointerWatch {
  /** Why the last check of the pointer failed; undefined where it did not. */
  problem(): string | undefined;
  stop(): Promise<void>;
}

export interface PointerWatchDeps {
  readonly livePointer: Pick<LivePointerService, 'reconcile' | 'refreshTraffic'>;
  /** Runs before each check: a backend that cannot renew its presence reports that as the problem. */
  readonly renewLeases: () => Promise<void>;
  readonly everyMs: number;
  readonly log: (message: string) => void;
}

/** Checks at once, and then every so often, that the pointer in KV is the one that the store has; every backend does. */
export function startPointerWatch(deps: PointerWatchDeps): PointerWatch {
  const { livePointer, renewLeases, everyMs, log } = deps;
  let problem: string | undefined = 'the pointer was not checked yet';
  /** What was recorded before a crash, or while the edge was unreachable, may not be in the pointer yet. */
  let isTrafficDue = true;

  const check = async () => {
    try {
      await renewLeases();
      await livePointer.reconcile();
      if (isTrafficDue) await livePointer.refreshTraffic('backend');
      isTrafficDue = false;
      problem = undefined;
    } catch (error) {
      const message = messageOf(error);
      const isExpected = error instanceof ApiError || !(error instanceof Error);
      if (message !== problem) log(`watch: ${isExpected ? message : traceOf(error)}`);
      problem = message;
      isTrafficDue = true;
    }
  };
  let checking = check();
  const repetition = repeat(everyMs, () => (checking = check()));
  return {
    problem: () => problem,
    async stop() {
      repetition.stop();
      await checking;
    },
  };
}
