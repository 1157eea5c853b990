import { desc, eq } from 'drizzle-orm';
import { ApiError } from '../../../shared/domain/errors.ts';
import { RULES_VERSION, type Version } from '../../../shared/domain/ids.ts';
import { rewardInForce, type RewardPolicy } from '../../reward/in-force.ts';
import { belowMinimumsOf } from '../../models/below-minimums.ts';
import { learnedUntil } from '../../models/learned-until.ts';
import { readLive } from '../../models/live-pointer.ts';
import type { Versions } from '../../models/versions.ts';
import type { Store } from '../../store/open.ts';
import type { Database } from '../../store/connect.ts';
import { evaluations, weights } from '../../store/tables.ts';
import { inThread } from '../../process/thread.ts';
import type { TrainingDataService } from '../../log/training-data.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { GateRules } from '../../science/evaluation/gate-rules.ts';
import type { EvaluateWorker } from './worker.ts';
import type { VersionEvaluation } from './evaluate-version.ts';

export interface EvaluationAsked {
  readonly version: Version;
  /** Default: the champion. */
  readonly against?: Version;
  /** Epoch ms of the first ranking to evaluate on; default: the end of what either version learned from. */
  readonly from?: number;
  readonly to?: number;
}

/** Evaluates versions on later logs, and stores the reports. */
export interface Evaluations {
  /**
   * @throws ApiError 404 for an unknown version, 409 where the two have different schemas or nothing was ranked since.
   */
  evaluate(asked: EvaluationAsked): Promise<VersionEvaluation>;
  /** Newest first. */
  list(version: Version): Promise<(typeof evaluations.$inferSelect)[]>;
}

export function evaluationsOf(deps: {
  readonly store: Store;
  readonly database: Database;
  readonly versions: Versions;
  readonly trainingData: TrainingDataService;
  readonly rewardPolicy: RewardPolicy;
  /** What the gate of a training would ask for. */
  readonly rules: Partial<GateRules>;
  readonly nowMs: () => number;
}): Evaluations {
  const { store, database, versions, trainingData, rewardPolicy, rules, nowMs } = deps;
  return {
    async evaluate({ version, against, from, to = nowMs() }) {
      const champion = await versions.load(
        against ?? (await readLive(store))?.pointer.champion ?? RULES_VERSION,
      );
      const challenger = await versions.load(version);
      if (champion.schema.hash !== challenger.schema.hash)
        throw new ApiError(
          409,
          'foreign_schema',
          `${version} has schema ${challenger.schema.name} (${challenger.schema.hash}), ${champion.version} has ${champion.schema.name} (${champion.schema.hash}): one log cannot judge both`,
        );
      const lineages = [
        await lineageOf(store, version),
        await lineageOf(store, champion.version),
      ] as const;
      const heldFrom = from ?? Math.max(...lineages.map(learnedUntil));
      const start = Math.min(heldFrom, to) - trainingData.settings.retentionDays * DAY_MS;
      const window = { from: Math.max(0, start), to };
      const { manifests, quality } = await trainingData.prepare(champion.schema, window);
      const reward = await rewardInForce(store, champion.schema, nowMs(), { rewardPolicy });
      const evaluateIn = inThread<EvaluateWorker>(new URL('./worker.ts', import.meta.url));
      const evaluated = await evaluateIn((thread) =>
        thread.call((worker) =>
          worker.evaluateVersion({
            data: {
              location: trainingData.location,
              manifests,
              influence: trainingData.settings.influence,
            },
            database,
            quality: { passed: quality.passed, failures: quality.failures },
            champion,
            challenger,
            window,
            heldFrom,
            reward,
            rules,
          }),
        ),
      );
      const found = {
        ...evaluated,
        belowMinimums: {
          version: belowMinimumsOf(lineages[0]),
          against: belowMinimumsOf(lineages[1]),
        },
      };
      const { coverage, ...report } = found;
      await store.write([
        store.db.insert(evaluations).values({
          version,
          against: champion.version,
          at: nowMs(),
          report: { ...report },
          coverage: coverage && { ...coverage },
        }),
      ]);
      return found;
    },
    list: (version) =>
      store.db
        .select()
        .from(evaluations)
        .where(eq(evaluations.version, version))
        .orderBy(desc(evaluations.id))
        .limit(100),
  };
}

async function lineageOf(
  store: Store,
  version: Version,
): Promise<Readonly<Record<string, unknown>>> {
  const [row] = await store.db
    .select({ lineage: weights.lineage })
    .from(weights)
    .where(eq(weights.version, version));
  return row?.lineage ?? {};
}
