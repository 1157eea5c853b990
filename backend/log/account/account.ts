import { proxy } from 'comlink';
import { threadOnDemand } from '../../process/thread.ts';
import type { Database } from '../../store/connect.ts';
import type { Store } from '../../store/open.ts';
import { remoteWriteOf } from '../../store/remote-write.ts';
import type { AccountWorker } from './account-worker.ts';
import { accountVersion, type Rules } from './rules.ts';

/** The account of what people did. Every reader of the log brings it up to date before reading. */
export interface Account {
  /** Stands with every figure, because figures of two versions are never added up. */
  readonly version: string;
  /** Classifies and credits what has come in since, in a thread of its own. */
  update(): Promise<void>;
  /** Puts what lines of orders say into effect, of lines that are stored. */
  settle(orderIds: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export function accountOf(deps: {
  readonly store: Store;
  readonly database: Database;
  readonly rules: Rules;
  readonly nowMs: () => number;
}): Account {
  const { store, database, nowMs } = deps;
  const { attributionDays, filters } = deps.rules;
  const rules: Rules = { attributionDays, filters };
  const thread = threadOnDemand<AccountWorker>(
    new URL('./account-worker.ts', import.meta.url),
    database,
  );
  const write = proxy(remoteWriteOf(store));
  return {
    version: accountVersion(rules),
    update: () => thread.call((worker) => worker.update(rules, nowMs(), write)),
    settle: (orderIds) => thread.call((worker) => worker.settle(rules, orderIds, write)),
    stop: () => thread.stop(),
  };
}
