import { proxy } from 'comlink';
import { and, inArray, lt } from 'drizzle-orm';
import { ApiError } from '../../../shared/domain/errors.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { writeOf } from '../../store/bound.ts';
import type { Database, Store } from '../../store/open.ts';
import { metricUnits } from '../../store/tables.ts';
import { startThread, type Thread } from '../../process/thread.ts';
import type { TrainingDataSettings } from '../../log/account/settings.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { Backtest, LearnWorker } from './worker.ts';
import { recordLearned, type Recorded } from './record-learned.ts';
import type { MetricWeightSettings } from '../../reward/settings.ts';

/** Metric weights as they are learned from what is logged, each job in a thread of its own. */
export interface MetricLearning {
  readonly settings: MetricWeightSettings;
  /** Brings the units up to date with the log, before it is pruned, where a target is declared; and forgets old ones. */
  gather(): Promise<void>;
  /** @throws ApiError 409 while it learns already, or where no target is declared. */
  learn(schema: Schema, by: string): Promise<Recorded[]>;
  /** How often weights of the others would have called the sign of each past experiment. @throws as `learn` */
  backtest(): Promise<Backtest>;
}

export function metricLearning(deps: {
  readonly store: Store;
  readonly database: Database;
  readonly settings: MetricWeightSettings;
  /** Whose feedback is a person's, and until when it counts. */
  readonly labelling: Pick<TrainingDataSettings, 'filters' | 'attributionDays'>;
  readonly nowMs: () => number;
}): MetricLearning {
  const { store, database, settings, nowMs } = deps;
  const { filters, attributionDays } = deps.labelling;
  const declared = () => ({ ...withTarget(settings), filters, attributionDays });
  let isLearning = false;
  const write = writeOf(store);
  const inThread = async <T>(use: (thread: Thread<LearnWorker>) => Promise<T>): Promise<T> => {
    const thread = startThread<LearnWorker>(new URL('./worker.ts', import.meta.url), database);
    try {
      return await use(thread);
    } finally {
      await thread.stop();
    }
  };
  return {
    settings,

    async gather() {
      if (settings.target !== undefined) {
        const job = { settings: declared(), nowMs: nowMs() };
        await inThread((thread) => thread.call((worker) => worker.gather(job, proxy(write))));
      }
      await forget(store, settings, nowMs());
    },

    async learn(schema, by) {
      const own = declared();
      if (isLearning)
        throw new ApiError(409, 'learning_running', 'metric weights are being learned already');
      isLearning = true;
      try {
        const job = { settings: own, nowMs: nowMs(), seed: seedOf(nowMs()) };
        const { learned, inputs } = await inThread((thread) =>
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
      return inThread<Backtest>((thread) =>
        thread.call((worker) => worker.backtest(job) as Promise<Backtest>),
      );
    },
  };
}

/** The next day's folds and resamples are others; the row tells which seed it was. */
const seedOf = (atMs: number) => Math.floor(atMs / DAY_MS);

function withTarget({ target, ...settings }: MetricWeightSettings) {
  if (target !== undefined) return { ...settings, target };
  throw new ApiError(
    409,
    'no_target',
    'no long-term value is declared: put metricWeights: { target: { kind: "happened", outcome: "renewal", horizonDays: 90 } }, or the like, into trimtab.config.ts',
  );
}

/** Units of long ago; what was learned from them stays in the history. */
async function forget(
  store: Store,
  { target, retentionDays }: MetricWeightSettings,
  nowMs: number,
): Promise<void> {
  const before = nowMs - ((target?.horizonDays ?? 0) + retentionDays) * DAY_MS;
  const ofAnyKind = inArray(metricUnits.kind, ['session', 'user']);
  await store.write([
    store.db.delete(metricUnits).where(and(ofAnyKind, lt(metricUnits.firstAt, before))),
  ]);
}
