import { desc, eq } from 'drizzle-orm';
import { ApiError } from '../../../shared/domain/errors.ts';
import { RULES_VERSION, type Version } from '../../../shared/domain/ids.ts';
import { rewardInForce, type RewardPolicy } from '../../reward/in-force.ts';
import { belowMinimumsOf } from '../../models/below-minimums.ts';
import { learnedUntil } from '../../models/learned-until.ts';
import { pointerAt } from '../../../shared/domain/pointer-at.ts';
import { scopeOf } from '../../models/lineage-scope.ts';
import { noLineage } from '../../models/lineage-asked-for.ts';
import { settingAt, type PlacementSettings } from '../../models/placement-settings.ts';
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
  /** Of the lineage of this placement; default: of the one that the version was trained for. */
  readonly placement?: string;
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
  readonly placements: PlacementSettings;
  readonly nowMs: () => number;
}): Evaluations {
  const { store, database, versions, trainingData, rewardPolicy, rules, nowMs } = deps;
  return {
    async evaluate({ version, against, from, to = nowMs(), placement: asked }) {
      const pointer = (await readLive(store))?.pointer;
      const placement = asked ?? (await placementOfVersion(store, version));
      const own = pointer && pointerAt(pointer, placement);
      if (asked !== undefined && own === undefined) throw noLineage(asked);
      const lineage = own?.placement;
      const champion = await versions.load(against ?? (own ?? pointer)?.champion ?? RULES_VERSION);
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
      const scope = scopeOf(pointer, lineage ?? null);
      const window = { from: Math.max(0, start), to, scope };
      const { manifests, quality } = await trainingData.prepare(champion.schema, window);
      const setting = settingAt(deps.placements, lineage);
      const reward =
        setting?.reward ?? (await rewardInForce(store, champion.schema, nowMs(), { rewardPolicy }));
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
            rules: { ...rules, ...setting?.gate },
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

/** For whose rankings a version was trained; undefined: those of the default lineage, or nobody said. */
async function placementOfVersion(store: Store, version: Version): Promise<string | undefined> {
  const { placement } = await lineageOf(store, version);
  return typeof placement === 'string' ? placement : undefined;
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
