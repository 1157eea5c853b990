import { proxy } from 'comlink';
import { and, inArray, lt } from 'drizzle-orm';
import { ApiError } from '../../../shared/domain/errors.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { remoteWriteOf } from '../../store/remote-write.ts';
import type { Store } from '../../store/open.ts';
import type { Database } from '../../store/connect.ts';
import { metricUnits } from '../../store/tables.ts';
import { inThread } from '../../process/thread.ts';
import type { Rules } from '../../log/account/rules.ts';
import { believedTime, readLogTime } from '../../log/log-time.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { Backtest, LearnWorker } from './worker.ts';
import { recordLearned, type Recorded } from './record-learned.ts';
import type { MetricWeightSettings } from '../../reward/settings.ts';

/** Learns metric weights from the log. Each job runs in a thread of its own. */
export interface MetricLearning {
  readonly settings: MetricWeightSettings;
  /** Brings the units up to date with the log, where a target is declared, and deletes old units. Runs before the log is pruned. */
  gather(): Promise<void>;
  /** @throws ApiError 409 while weights are being learned already, or where no target is declared. */
  learn(schema: Schema, by: string): Promise<Recorded[]>;
  /** How often weights learned from the other past experiments predict the sign of each one. @throws as `learn` */
  backtest(): Promise<Backtest>;
}

export function metricLearning(deps: {
  readonly store: Store;
  readonly database: Database;
  readonly settings: MetricWeightSettings;
  /** Which feedback counts as a person's, and until when it counts. */
  readonly accountRules: Rules;
  readonly nowMs: () => number;
}): MetricLearning {
  const { store, database, settings, nowMs } = deps;
  const { filters, attributionDays } = deps.accountRules;
  const declared = () => ({ ...withTarget(settings), filters, attributionDays });
  let isLearning = false;
  const write = remoteWriteOf(store);
  const learnIn = inThread<LearnWorker>(new URL('./worker.ts', import.meta.url), database);
  return {
    settings,

    async gather() {
      if (settings.target !== undefined) {
        const job = { settings: declared(), nowMs: nowMs() };
        await learnIn((thread) => thread.call((worker) => worker.gather(job, proxy(write))));
      }
      await forget(store, settings, (await readLogTime(store.db, nowMs())) ?? 0);
    },

    async learn(schema, by) {
      const own = declared();
      if (isLearning)
        throw new ApiError(409, 'learning_running', 'metric weights are being learned already');
      isLearning = true;
      try {
        // By a clock that jumped, horizons would be over in which nothing could happen yet.
        const at = await believedTime(store.db, nowMs());
        const job = { settings: own, nowMs: at, seed: seedOf(nowMs()) };
        const { learned, inputs } = await learnIn((thread) =>
          thread.call((worker) => worker.learn(job, proxy(write))),
        );
        const recorded: Recorded[] = [];
        for (const weights of learned)
          recorded.push(await recordLearned(store, schema, { weights, inputs, by }, nowMs()));
        return recorded;
      } finally {
        isLearning = false;
      }
    },

    async backtest() {
      const job = { settings: declared(), nowMs: nowMs() };
      return learnIn((thread) =>
        thread.call((worker) => worker.backtest(job) as Promise<Backtest>),
      );
    },
  };
}

/** Folds and resamples change from day to day; the stored row has the seed. */
const seedOf = (atMs: number) => Math.floor(atMs / DAY_MS);

function withTarget({ target, ...settings }: MetricWeightSettings) {
  if (target !== undefined) return { ...settings, target };
  throw new ApiError(
    409,
    'no_target',
    'no long-term value is declared: put metricWeights: { target: { kind: "happened", outcome: "renewal", horizonDays: 90 } }, or the like, into trimtab.config.ts',
  );
}

/** Deletes units that are older than their retention by the log's time; what was learned from them stays in the history. */
async function forget(
  store: Store,
  { target, retentionDays }: MetricWeightSettings,
  logMs: number,
): Promise<void> {
  const before = logMs - ((target?.horizonDays ?? 0) + retentionDays) * DAY_MS;
  const ofAnyKind = inArray(metricUnits.kind, ['session', 'user']);
  await store.write([
    store.db.delete(metricUnits).where(and(ofAnyKind, lt(metricUnits.firstAt, before))),
  ]);
}
