import { randomUUID } from 'node:crypto';
import { proxy } from 'comlink';
import { eq } from 'drizzle-orm';
import type { Version } from '../../shared/domain/ids.ts';
import type { AdditiveScorer } from '../../shared/score/scorer.ts';
import type { Store } from '../store/open.ts';
import { runs } from '../store/tables.ts';
import { startThread } from '../threads/thread.ts';
import type { TrainingJob, TrainingProgress, TrainingResult } from './job.ts';
import type { UnversionedScorer } from './learn-additive.ts';
import type { TrainingWorker } from './worker.ts';

export interface TrainingDeps {
  readonly store: Store;
  readonly database: TrainingJob['database'];
  /** Stores a scorer under the next free version and writes its blob to KV. */
  readonly addVersion: (
    scorer: UnversionedScorer,
    lineage: Record<string, unknown>,
  ) => Promise<Version>;
  /** Moves the pointer, unless it is held. @returns what happened, for the run's record. */
  readonly promote: (version: Version, by: string) => Promise<string>;
  readonly log: (message: string) => void;
  readonly nowMs: () => number;
}

export interface TrainingRequest {
  readonly parent: AdditiveScorer;
  /** Event type → reward. */
  readonly reward: Readonly<Record<string, number>>;
  readonly name: string;
  /** Epoch ms, inclusive. */
  readonly from: number;
  readonly to: number;
  /** Only rankings that this version served. */
  readonly servedBy?: string;
  readonly l2?: number;
  /** False: the version is stored, and the pointer stays. */
  readonly publish: boolean;
  /** Publishes whatever the gate says; the lineage tells. */
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
  const { parent, reward, ...asked } = request;
  await deps.store.write([
    deps.store.db.insert(runs).values({
      id: runId,
      status: 'running',
      params: { ...asked, parent: parent.version, schema: parent.schema.name, reward },
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
  const update = (fields: Partial<typeof runs.$inferInsert>) =>
    store.write([store.db.update(runs).set(fields).where(eq(runs.id, runId))]);
  const thread = startThread<TrainingWorker>(new URL('./worker.ts', import.meta.url));
  try {
    const job: TrainingJob = {
      database: deps.database,
      parent: request.parent,
      window: {
        from: request.from,
        to: request.to,
        ...(request.servedBy && { servedBy: request.servedBy }),
      },
      reward: request.reward,
      name: request.name,
      ...(request.l2 === undefined ? {} : { l2: request.l2 }),
    };
    let reported = 0;
    const onProgress = proxy((progress: TrainingProgress) => {
      if (deps.nowMs() - reported < PROGRESS_EVERY_MS) return;
      reported = deps.nowMs();
      update({ progress: { ...progress } }).catch((error: unknown) =>
        deps.log(`run ${runId}: ${String(error)}`),
      );
    });
    const result = await thread.call((worker) => worker.train(job, onProgress));
    const { scorer, ...report } = result;
    const forced = request.force && result.gate.verdict !== 'promote';
    const version = await deps.addVersion(scorer, lineageOf(request, result, forced));
    const wanted = request.publish && (result.gate.verdict === 'promote' || request.force);
    const outcome = wanted ? await deps.promote(version, `run ${runId}`) : 'stored, not promoted';
    await update({
      status: 'done',
      version,
      progress: { phase: 'done', ...report, outcome, forced },
      finishedAt: deps.nowMs(),
    });
    deps.log(
      `run ${runId}: ${version} from ${result.counts.rewarded} rewarded rankings: ${result.gate.reason}; ${outcome}`,
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    deps.log(`run ${runId} failed: ${message}`);
    await update({ status: 'failed', error: message, finishedAt: deps.nowMs() }).catch(() => {});
  } finally {
    await thread.stop();
  }
}

function lineageOf(
  request: TrainingRequest,
  result: TrainingResult,
  forced: boolean,
): Record<string, unknown> {
  return {
    parent: request.parent.version,
    window: { from: request.from, to: request.to, servedBy: request.servedBy },
    schemaHash: request.parent.schema.hash,
    reward: request.reward,
    counts: result.counts,
    iterations: result.iterations,
    finalLoss: result.curve.at(-1),
    validation: result.validation,
    gate: result.gate,
    forced,
  };
}
