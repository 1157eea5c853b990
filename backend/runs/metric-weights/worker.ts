import { serve } from '../../process/serve.ts';
import { chooseDevice } from '../../device/choose-device.ts';
import { cpuDevice } from '../../device/cpu/cpu-device.ts';
import { workerDatabase } from '../../store/worker-database.ts';
import { writeThrough, type RemoteWrite } from '../../store/remote-write.ts';
import {
  backtest,
  type BacktestReport,
  type BacktestUnavailable,
} from '../../science/metric-weighting/backtest.ts';
import { learnImportance } from '../../science/metric-weighting/learn-importance.ts';
import { learnSurrogate } from '../../science/metric-weighting/learn-surrogate.ts';
import type { LearnedWeights } from '../../science/metric-weighting/learned-weights.ts';
import { withProducts } from '../../science/metric-weighting/products.ts';
import type { TargetDefinition } from '../../science/metric-weighting/target-definition.ts';
import type { UnitTable } from '../../science/metric-weighting/unit-table.ts';
import { declaredPrior, livePrior } from './live-prior.ts';
import { pastExperiments } from './past-experiments.ts';
import { pooledTable } from './pooled-table.ts';
import type { MetricWeightSettings } from '../../reward/settings.ts';
import { unitCounts } from './unit-counts.ts';
import { UNIT_METRICS } from '../../log/account/unit-metrics.ts';
import { unitTableOf } from './unit-table-of.ts';
import { accountVersion } from '../../log/account/rules.ts';
import { gatherUnits } from '../../log/account/units.ts';
import type { UnitsOf } from '../../log/account/unit.ts';

export type LearningSettings = MetricWeightSettings &
  UnitsOf & { readonly target: TargetDefinition };

export type Backtest = BacktestReport | BacktestUnavailable;

export interface LearningJob {
  readonly settings: LearningSettings;
  readonly nowMs: number;
  readonly seed: number;
}

/** What the weights were learned from, as far as the weights do not say it themselves. */
export interface LearningInputs {
  readonly target: TargetDefinition;
  readonly unit: string;
  readonly observeDays: number;
  readonly context: readonly string[];
  /** When the first and the last unit with a label were first seen; epoch ms. */
  readonly from: number | null;
  readonly to: number | null;
  /** Units whose horizon is not over. */
  readonly waiting: number;
  /** Ids of past experiments. */
  readonly experiments: readonly string[];
  /** Version of the account that all of it was counted by. */
  readonly account: string;
}

const db = workerDatabase();

const exposed = {
  gather: ({ settings, nowMs }: Omit<LearningJob, 'seed'>, write: RemoteWrite): Promise<number> =>
    gatherUnits({ db, write: writeThrough(write) }, settings, nowMs),

  /** Learns weights by each method of the settings. */
  async learn(
    { settings, nowMs, seed }: LearningJob,
    write: RemoteWrite,
  ): Promise<{ learned: LearnedWeights[]; inputs: LearningInputs }> {
    const { target, prior } = settings;
    await gatherUnits({ db, write: writeThrough(write) }, settings, nowMs);
    const table = await unitTableOf(db, settings, nowMs);
    const experiments = await pastExperiments(db, target, nowMs);
    const learned: LearnedWeights[] = [];
    const pooled = pooledTable(withProducts(table, settings.products), experiments);
    for (const method of settings.methods)
      learned.push(
        method === 'surrogate'
          ? await learnSurrogate(pooled, experiments, {
              seed,
              prior: livePrior(pooled.metrics, prior),
            })
          : await importanceOf(table, settings, seed),
      );
    const { units, labelled } = await unitCounts({ db }, settings, nowMs);
    const inputs: LearningInputs = {
      target,
      unit: settings.unit,
      observeDays: settings.observeDays,
      context: settings.context,
      from: table.at?.at(0) ?? null,
      to: table.at?.at(-1) ?? null,
      waiting: units - labelled,
      experiments: [...new Set(experiments.map(({ id }) => id))],
      account: accountVersion(settings),
    };
    return { learned, inputs };
  },

  async backtest({ settings, nowMs }: Omit<LearningJob, 'seed'>): Promise<Backtest> {
    const { target, prior } = settings;
    const better = Object.fromEntries(UNIT_METRICS.map((metric) => [metric.name, metric.better]));
    const experiments = await pastExperiments(db, target, nowMs);
    const measured = Object.keys(experiments[0]?.effects ?? {});
    const own = prior && declaredPrior(measured, prior);
    return backtest(experiments, { better, ...(own && { prior: own }) });
  },
};

async function importanceOf(
  table: UnitTable,
  { importance: { crosses, ...own }, products }: LearningSettings,
  seed: number,
): Promise<LearnedWeights> {
  const importance = { ...own, crosses: [...crosses, ...products] };
  // A forest grows on the CPU: no GPU need be opened.
  if (importance.model === 'forest')
    return learnImportance(table, { ...importance, seed, device: cpuDevice() });
  const device = await chooseDevice();
  try {
    return await learnImportance(table, { ...importance, seed, device });
  } finally {
    device.close();
  }
}

export type LearnWorker = typeof exposed;
serve(exposed);
