import { proxy } from 'comlink';
import { sql } from 'drizzle-orm';
import { remoteWriteOf } from '../store/remote-write.ts';
import type { Store } from '../store/open.ts';
import type { Database } from '../store/connect.ts';
import { threadOnDemand } from '../process/thread.ts';
import type { Account } from '../log/account/account.ts';
import { readLogMark } from '../log/account/log-mark.ts';
import { believedTime } from '../log/log-time.ts';
import type { Collected, CollectOptions } from './collect-statistics.ts';
import type { CollectWorker } from './collect-worker.ts';
import type { Experiment } from './new-experiment.ts';

export interface Collector {
  /** An experiment's statistics so far; computed again only if the log has grown since. */
  readonly collect: (experiment: Experiment) => Promise<Collected>;
  /** Of units first exposed under some revisions of the pointer; without any, or of those without one, in a window, epoch ms, both inclusive. */
  readonly collectWithin: (
    experiment: Experiment,
    window: Pick<CollectOptions, 'from' | 'to' | 'revisions'>,
  ) => Promise<Collected>;
  /** From the stored units instead of the log. */
  readonly collectStored: (experiment: Experiment) => Promise<Collected>;
  /** Stores what its units did, so that it outlives the log. */
  readonly storeUnits: (experiment: Experiment) => Promise<number>;
  readonly stop: () => Promise<void>;
}

export interface CollectorDeps {
  readonly store: Store;
  readonly database: Database;
  readonly account: Account;
  readonly nowMs: () => number;
}

/** Experiments whose last statistics are held. */
const MOST_HELD = 32;

export function collectorOf({ store, database, account, nowMs }: CollectorDeps): Collector {
  const thread = threadOnDemand<CollectWorker>(
    new URL('./collect-worker.ts', import.meta.url),
    database,
  );
  const known = new Map<string, { readonly mark: string; readonly found: Promise<Collected> }>();
  const collectOnce = async (experiment: Experiment, stored: boolean) => {
    await account.update();
    const hour = await hourOf(store, experiment, nowMs());
    const mark = `${await markOf(store, experiment)} ${stored} ${hour ?? ''}`;
    const before = known.get(experiment.id);
    if (before?.mark === mark) return before.found;
    const options = { stored, ...(hour !== undefined && { nowMs: hour }) };
    const found = thread.call((worker) => worker.collect(experiment, options));
    known.delete(experiment.id);
    known.set(experiment.id, { mark, found });
    if (known.size > MOST_HELD) known.delete(known.keys().next().value!);
    found.catch(() => known.delete(experiment.id));
    return found;
  };
  return {
    collect: (experiment) => collectOnce(experiment, false),
    collectStored: (experiment) => collectOnce(experiment, true),
    async storeUnits(experiment) {
      await account.update();
      return thread.call((worker) => worker.store(experiment, proxy(remoteWriteOf(store))));
    },
    async collectWithin(experiment, window) {
      await account.update();
      return thread.call((worker) => worker.collect(experiment, window));
    },
    stop: () => thread.stop(),
  };
}

const HOUR_MS = 3_600_000;

/**
 * The hour that has begun, where a horizon of the experiment may end by time alone; never far ahead of the log, or values
 * would be read that could not have come yet.
 */
async function hourOf(
  { db }: Store,
  { metrics }: Experiment,
  nowMs: number,
): Promise<number | undefined> {
  if (metrics.every(({ horizonDays }) => horizonDays === undefined)) return undefined;
  return Math.floor((await believedTime(db, nowMs)) / HOUR_MS) * HOUR_MS;
}

async function markOf({ db }: Store, experiment: Experiment): Promise<string> {
  const logMark = await readLogMark(db);
  const [{ x }] = await db.all<{ x: number | null }>(sql`select max(rowid) as x from exposures`);
  return `${logMark}-${x ?? 0} ${JSON.stringify(experiment)}`;
}
