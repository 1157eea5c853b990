import { and, desc, eq, inArray, not, sql } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import { RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import { type Scorer, type UnversionedScorer } from '../../shared/score/scorer.ts';
import type { GateReport } from '../science/evaluation/gate.ts';
import { startComparison } from './compare/run.ts';
import { rewardInForce, type RewardPolicy } from '../reward/in-force.ts';
import { readLive } from '../models/live-pointer.ts';
import type { Publisher } from '../models/publisher.ts';
import type { Store } from '../store/open.ts';
import { leases, runs } from '../store/tables.ts';
import type { FitMethod } from '../science/learn/fit-method.ts';
import { startRun, type TrainingDeps } from './train/run.ts';
import type { TrainingDataRoom } from '../log/training-data.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import type { BoostedObjective } from '../science/learn/learners/boosted.ts';
import { LEARNERS, type LearnerName } from '../science/learn/learners/learner.ts';
import type { LivePointerService } from '../models/live-pointer-service.ts';
import { presenceOf } from '../scheduler/lease.ts';
import type { RolloutMode } from '../rollouts/settings.ts';
import type { Versions } from '../models/versions.ts';

interface TrainingAsked {
  /** What to start from; else the champion, if it has the schema, else the newest version that has. */
  readonly parent?: Version;
  /** Hash or name; else the parent's. */
  readonly schema?: string;
  /** Epoch ms, inclusive. */
  readonly from?: number;
  readonly to?: number;
  readonly servedBy?: Version;
  /** Default additive. */
  readonly learner?: LearnerName;
  readonly method?: FitMethod;
  readonly objective?: BoostedObjective;
  readonly l2?: number;
  readonly publish?: boolean;
  /** How what passes the gate goes live; else as configured. */
  readonly rollout?: RolloutMode;
  readonly force?: boolean;
  readonly name?: string;
  /** Metric → weight, in place of those in force. */
  readonly reward?: Readonly<Record<string, number>>;
  /** Learns from the rules on and not from the champion, who is still to be beaten. */
  readonly afresh?: boolean;
}

/** What a comparison of learners may be told: nothing of it is stored or published. */
interface ComparisonAsked extends Omit<
  TrainingAsked,
  'learner' | 'method' | 'publish' | 'rollout' | 'name' | 'afresh'
> {
  /** Default all. */
  readonly learners?: readonly LearnerName[];
  /** Of a cross-validation by session; default none. */
  readonly folds?: number;
  readonly seed?: number;
}

type Run = typeof runs.$inferSelect;

/** Starts training runs, one at a time, and sees their versions out. */
export interface Trainer {
  /** @throws ApiError 404 for an unknown version or schema, 409 `training_running`. */
  start(asked: TrainingAsked): Promise<string>;
  /** Compares learners, in a run of its own. @throws as `start` */
  compare(asked: ComparisonAsked): Promise<string>;
  running(): string | undefined;
  /** The newest run that trained. */
  last(): Promise<Run | undefined>;
  /** Runs of backends that are gone can never end: says so in their rows. */
  closeInterrupted(): Promise<void>;
  /** The process ends: a run under way is left to `closeInterrupted` of the next one. */
  abandon(): void;
}

export interface TrainerDeps {
  readonly store: Store;
  readonly data: TrainingDataRoom;
  readonly versions: Versions;
  readonly publisher: Publisher;
  /** Whether learned metric weights are the reward, where nothing overrides them. */
  readonly rewardPolicy: RewardPolicy;
  readonly livePointer: Pick<LivePointerService, 'promote'>;
  /** Starts a rollout. */
  readonly propose: (
    version: Version,
    gate: Pick<GateReport, 'verdict' | 'reason'>,
    by: string,
  ) => Promise<string>;
  readonly mode: RolloutMode;
  /** This process, by the name under which its presence is known. */
  readonly backend: string;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
  readonly onFinished: (run: Run) => void;
}

export function trainer(deps: TrainerDeps): Trainer {
  const {
    store,
    data,
    versions,
    publisher,
    livePointer,
    propose,
    rewardPolicy,
    backend,
    nowMs,
    log,
  } = deps;
  let running: string | undefined;
  let abandoned = false;
  const steps: TrainingDeps = {
    store,
    data,
    backend,
    nowMs,
    log,
    addVersion: (scorer, lineage) => addVersion({ versions, publisher, log }, scorer, lineage),
    goLive: async (version, gate, by, mode = deps.mode) => {
      try {
        if (mode === 'staged')
          return `not live yet: rollout ${await propose(version, gate, by)} takes it through shadow and canary ("trimtab rollouts" shows how far it is, "trimtab promote ${version}" skips the rest)`;
        await livePointer.promote(version, by);
        return 'promoted';
      } catch (error) {
        if (error instanceof ApiError) return `stored, not promoted: ${error.message}`;
        throw error;
      }
    },
  };
  const sourceOf = async (asked: Omit<TrainingAsked, 'learner'>) => {
    const parent = await parentOf(asked, store, versions);
    const at = nowMs();
    return {
      parent,
      reward:
        asked.reward ?? (await rewardInForce(store, parent.schema, at, { rewardPolicy })),
      from: asked.from ?? at - data.settings.retentionDays * DAY_MS,
      to: asked.to ?? at,
      force: asked.force ?? false,
      ...(asked.objective && { objective: asked.objective }),
      ...(asked.servedBy && { servedBy: asked.servedBy }),
      ...(asked.l2 !== undefined && { l2: asked.l2 }),
    };
  };
  const alone = async (
    begin: () => Promise<{ runId: string; finished: Promise<void> }>,
    onFinished: (run: Run) => void = () => {},
  ): Promise<string> => {
    if (running !== undefined)
      throw new ApiError(
        409,
        'training_running',
        `run ${running} is under way: GET /v1/runs tells when it is done`,
      );
    running = 'that is about to start';
    try {
      const { runId, finished } = await begin();
      const ended = async () => {
        await finished;
        running = undefined;
        if (abandoned) return;
        const [run] = await store.db.select().from(runs).where(eq(runs.id, runId));
        if (run !== undefined) onFinished(run);
      };
      running = runId;
      ended().catch((error: unknown) => log(`run ${runId}: ${String(error)}`));
      return runId;
    } catch (error) {
      running = undefined;
      throw error;
    }
  };
  return {
    start: (asked) =>
      alone(async () => {
        const source = await sourceOf(asked);
        return startRun(steps, {
          ...source,
          learner: asked.learner ?? 'additive',
          ...(asked.method && { method: asked.method }),
          ...(asked.rollout && { rollout: asked.rollout }),
          ...(asked.afresh && { startFrom: await versions.oldestOf(source.parent.schema.hash) }),
          name: asked.name ?? 'learned',
          publish: asked.publish ?? true,
        });
      }, deps.onFinished),
    compare: (asked) =>
      alone(async () =>
        startComparison(steps, {
          ...(await sourceOf(asked)),
          learners: asked.learners ?? LEARNERS,
          ...(asked.folds !== undefined && { folds: asked.folds }),
          ...(asked.seed !== undefined && { seed: asked.seed }),
        }),
      ),
    running: () => running,
    abandon() {
      abandoned = true;
    },
    async last() {
      const [run] = await store.db
        .select()
        .from(runs)
        .where(sql`json_extract(${runs.params}, '$.kind') is null`)
        .orderBy(desc(runs.startedAt))
        .limit(1);
      return run;
    },
    async closeInterrupted() {
      const error = 'the backend ended while this run was under way: train again';
      const now = nowMs();
      const isAlive = sql`exists (select 1 from ${leases} where ${leases.expiresAt} > ${now}
        and ${leases.name} = ${presenceOf('')} || json_extract(${runs.params}, '$.backend'))`;
      await store.write([
        store.db
          .update(runs)
          .set({ status: 'failed', error, finishedAt: now })
          .where(and(inArray(runs.status, ['queued', 'running']), not(isAlive))),
      ]);
    },
  };
}

async function parentOf(asked: TrainingAsked, store: Store, versions: Versions): Promise<Scorer> {
  const fits = ({ schema }: Scorer) =>
    asked.schema === undefined || schema.hash === asked.schema || schema.name === asked.schema;
  const wanted = asked.parent ?? (await readLive(store))?.pointer.champion ?? RULES_VERSION;
  const parent = await versions.load(wanted);
  if (fits(parent)) return parent;
  if (asked.parent !== undefined)
    throw new ApiError(
      409,
      'foreign_schema',
      `${wanted} has schema ${parent.schema.name} (${parent.schema.hash}), not ${asked.schema}`,
    );
  const newest = await versions.newestOf(asked.schema!);
  if (newest === undefined)
    throw new ApiError(
      404,
      'unknown_schema',
      `no version has schema "${asked.schema}": POST /v1/weights brings one in`,
    );
  return newest;
}

/** Stored for good; in KV at once if the edge answers, else as soon as it does. */
export async function addVersion(
  { versions, publisher, log }: Pick<TrainerDeps, 'versions' | 'publisher' | 'log'>,
  scorer: UnversionedScorer,
  lineage: Record<string, unknown>,
): Promise<Version> {
  const version = await versions.add(scorer, lineage);
  await publisher
    .publishVersion(version)
    .catch((error: Error) => log(`${version} is stored, but not in KV yet: ${error.message}`));
  return version;
}
