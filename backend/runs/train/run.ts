import { randomUUID } from 'node:crypto';
import { proxy } from 'comlink';
import { eq } from 'drizzle-orm';
import type { Version } from '../../../shared/domain/ids.ts';
import type { Scorer, UnversionedScorer } from '../../../shared/score/scorer.ts';
import type { GateReport } from '../../science/evaluation/gate.ts';
import type { RolloutMode } from '../../rollouts/settings.ts';
import type { Store } from '../../store/open.ts';
import type { PreparedData } from '../../log/data-worker.ts';
import type { TrainingDataRoom } from '../../log/training-data.ts';
import { runs } from '../../store/tables.ts';
import { startThread } from '../../process/thread.ts';
import type { FitMethod } from '../../science/learn/fit-method.ts';
import type { TrainingJob, TrainingProgress, TrainingResult } from './job.ts';
import type { BoostedObjective } from '../../science/learn/learners/boosted.ts';
import type { LearnerName } from '../../science/learn/learners/learner.ts';
import type { TrainingWorker } from './worker.ts';

export interface TrainingDeps {
  readonly store: Store;
  readonly data: TrainingDataRoom;
  /** Stores a scorer under the next free version and writes its blob to KV. */
  readonly addVersion: (
    scorer: UnversionedScorer,
    lineage: Record<string, unknown>,
  ) => Promise<Version>;
  /** Takes a version on its way to the visitors. @returns what happened, for the run's record. */
  readonly goLive: (
    version: Version,
    gate: Pick<GateReport, 'verdict' | 'reason'>,
    by: string,
    mode?: RolloutMode,
  ) => Promise<string>;
  /** Which of several backends the run is on. */
  readonly backend: string;
  readonly log: (message: string) => void;
  readonly nowMs: () => number;
}

export interface TrainingRequest {
  readonly parent: Scorer;
  /** In place of the parent. */
  readonly startFrom?: Scorer;
  /** Metric → weight. */
  readonly reward: Readonly<Record<string, number>>;
  readonly name: string;
  /** Epoch ms, inclusive. */
  readonly from: number;
  readonly to: number;
  /** Only rankings that this version served. */
  readonly servedBy?: string;
  readonly learner: LearnerName;
  readonly l2?: number;
  /** Of the first pass. */
  readonly method?: FitMethod;
  /** Of boosted trees. */
  readonly objective?: BoostedObjective;
  /** False: the version is stored, and the pointer stays. */
  readonly publish: boolean;
  /** How it goes live; else as configured. */
  readonly rollout?: RolloutMode;
  /** Learns from too little data, and publishes whatever gate and data quality say; the lineage tells. */
  readonly force: boolean;
}

const PROGRESS_EVERY_MS = 500;

/**
 * Starts a training run and returns its id at once; the run's row tells how it goes.
 * `finished` settles when the row is final and never rejects.
 */
export async function startRun(
  deps: TrainingDeps,
  request: TrainingRequest,
): Promise<{ runId: string; finished: Promise<void> }> {
  const runId = `run_${randomUUID()}`;
  const { parent, startFrom, reward, ...asked } = request;
  await deps.store.write([
    deps.store.db.insert(runs).values({
      id: runId,
      status: 'running',
      params: {
        ...asked,
        parent: parent.version,
        ...(startFrom && { startFrom: startFrom.version }),
        schema: parent.schema.name,
        reward,
        backend: deps.backend,
      },
      progress: {},
      startedAt: deps.nowMs(),
    }),
  ]);
  return { runId, finished: carryOut(deps, request, runId) };
}

async function carryOut(
  deps: TrainingDeps,
  request: TrainingRequest,
  runId: string,
): Promise<void> {
  const { store } = deps;
  const update: Update = (fields) =>
    store.write([store.db.update(runs).set(fields).where(eq(runs.id, runId))]);
  try {
    // The thread has ended when the row is final: who reads that a run is over may start the next one.
    const { prepared, result } = await learned(deps, request, runId, update);
    const { quality } = prepared;
    const { scorer, ...report } = result;
    const passed = result.gate.verdict === 'promote';
    const forced = request.force && (!passed || result.missing.length > 0);
    const version = await deps.addVersion(scorer, lineageOf(request, prepared, result, forced));
    const wanted = request.publish && (passed || request.force);
    const gate = passed ? result.gate : vouchedFor(result.gate);
    const outcome = wanted
      ? await deps.goLive(version, gate, `run ${runId}`, request.rollout)
      : `stored, not promoted${quality.passed ? '' : `: the data failed its checks: ${quality.failures.join('; ')}`}`;
    await update({
      status: 'done',
      version,
      progress: { phase: 'done', ...report, quality, outcome, forced },
      finishedAt: deps.nowMs(),
    });
    deps.log(
      `run ${runId}: ${version} from ${result.counts.rewarded} rewarded rankings: ${result.gate.reason}; ${outcome}`,
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    deps.log(`run ${runId} failed: ${message}`);
    await update({ status: 'failed', error: message, finishedAt: deps.nowMs() }).catch(() => {});
  }
}

type Update = (fields: Partial<typeof runs.$inferInsert>) => Promise<unknown>;

/** Gathers the data and trains, in a thread of its own. */
async function learned(
  deps: TrainingDeps,
  request: TrainingRequest,
  runId: string,
  update: Update,
): Promise<{ prepared: PreparedData; result: TrainingResult }> {
  const thread = startThread<TrainingWorker>(new URL('./worker.ts', import.meta.url));
  try {
    const { location, settings } = deps.data;
    const { from, to, parent } = request;
    const prepared = await deps.data.prepare(parent.schema, { from, to });
    const { quality } = prepared;
    const job: TrainingJob = {
      data: {
        location,
        manifests: prepared.manifests,
        minimums: settings.minimums,
        force: request.force,
      },
      parent,
      ...(request.startFrom && { startFrom: request.startFrom }),
      window: {
        from,
        to,
        ...(request.servedBy && { servedBy: request.servedBy }),
      },
      reward: request.reward,
      quality: { passed: quality.passed, failures: quality.failures },
      learner: request.learner,
      name: request.name,
      ...(request.l2 === undefined ? {} : { l2: request.l2 }),
      ...(request.method && { method: request.method }),
      ...(request.objective && { objective: request.objective }),
    };
    let reported = 0;
    const onProgress = proxy((progress: TrainingProgress) => {
      if (deps.nowMs() - reported < PROGRESS_EVERY_MS) return;
      reported = deps.nowMs();
      update({ progress: { ...progress } }).catch((error: unknown) =>
        deps.log(`run ${runId}: ${String(error)}`),
      );
    });
    const onLog = proxy((line: string) => deps.log(`run ${runId}: ${line}`));
    const result = await thread.call((worker) => worker.train(job, onProgress, onLog));
    return { prepared, result };
  } finally {
    await thread.stop();
  }
}

const vouchedFor = ({ reason }: GateReport) =>
  ({ verdict: 'promote', reason: `forced, against "${reason}"` }) as const;

function lineageOf(
  request: TrainingRequest,
  { manifests, quality }: PreparedData,
  result: TrainingResult,
  forced: boolean,
): Record<string, unknown> {
  return {
    parent: request.parent.version,
    ...(request.startFrom && { startFrom: request.startFrom.version }),
    window: { from: request.from, to: request.to, servedBy: request.servedBy },
    schemaHash: request.parent.schema.hash,
    reward: request.reward,
    counts: result.counts,
    learner: result.learner,
    iterations: result.iterations,
    finalLoss: result.curve.at(-1),
    validation: result.validation,
    gate: result.gate,
    examination: result.examination,
    quality,
    partitions: manifests.map(({ day, state, parts }) => ({
      day,
      state,
      sha256: parts.map((part) => part.sha256),
    })),
    forced,
    /** What was missing of the minimum data, and learned without all the same. */
    missing: result.missing,
  };
}
