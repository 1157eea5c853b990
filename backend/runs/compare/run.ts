import { randomUUID } from 'node:crypto';
import { proxy } from 'comlink';
import { eq } from 'drizzle-orm';
import { messageOf } from '../../../shared/text/message-of.ts';
import { runs } from '../../store/tables.ts';
import { startThread } from '../../process/thread.ts';
import type { TrainingDeps, TrainingRequest } from '../train/run.ts';
import type { ComparisonJob, ComparisonProgress } from './job.ts';
import type { ComparisonWorker } from './worker.ts';

type ComparisonDeps = Pick<TrainingDeps, 'store' | 'data' | 'backend' | 'log' | 'nowMs'>;

export interface ComparisonRequest
  extends
    Pick<TrainingRequest, 'parent' | 'reward' | 'from' | 'to' | 'servedBy' | 'force'>,
    Pick<ComparisonJob, 'learners' | 'folds' | 'objective' | 'l2' | 'seed'> {}

const PROGRESS_EVERY_MS = 500;

/**
 * Starts a comparison of learners and returns its run's id at once. Nothing is stored but the run's row, whose
 * progress has the report in the end. `finished` settles when the row is final and never rejects.
 */
export async function startComparison(
  deps: ComparisonDeps,
  request: ComparisonRequest,
): Promise<{ runId: string; finished: Promise<void> }> {
  const runId = `run_${randomUUID()}`;
  const { parent, ...asked } = request;
  await deps.store.write([
    deps.store.db.insert(runs).values({
      id: runId,
      status: 'running',
      params: {
        ...asked,
        kind: 'comparison',
        backend: deps.backend,
        parent: parent.version,
        schema: parent.schema.name,
      },
      progress: {},
      startedAt: deps.nowMs(),
    }),
  ]);
  return { runId, finished: carryOut(deps, request, runId) };
}

async function carryOut(
  deps: ComparisonDeps,
  request: ComparisonRequest,
  runId: string,
): Promise<void> {
  const { store, log, nowMs } = deps;
  const update: Update = (fields) =>
    store.write([store.db.update(runs).set(fields).where(eq(runs.id, runId))]);
  try {
    // The thread has ended when the row is final: who reads that a run is over may start the next one.
    const result = await compared(deps, request, runId, update);
    await update({
      status: 'done',
      progress: { phase: 'done', ...result },
      finishedAt: nowMs(),
    });
    log(`run ${runId}: compared ${result.report.models.map(({ learner }) => learner).join(', ')}`);
  } catch (error) {
    const message = messageOf(error);
    log(`run ${runId} failed: ${message}`);
    await update({ status: 'failed', error: message, finishedAt: nowMs() }).catch(() => {});
  }
}

type Update = (fields: Partial<typeof runs.$inferInsert>) => Promise<unknown>;

async function compared(
  { data, log, nowMs }: ComparisonDeps,
  { from, to, servedBy, force, ...request }: ComparisonRequest,
  runId: string,
  update: Update,
) {
  const thread = startThread<ComparisonWorker>(new URL('./worker.ts', import.meta.url));
  try {
    const { manifests } = await data.prepare(request.parent.schema, { from, to });
    const job: ComparisonJob = {
      ...request,
      data: {
        location: data.location,
        manifests,
        minimums: data.settings.minimums,
        force,
      },
      window: { from, to, ...(servedBy && { servedBy }) },
    };
    let reported = 0;
    const onProgress = proxy((progress: ComparisonProgress) => {
      if (progress.phase === 'reading' && nowMs() - reported < PROGRESS_EVERY_MS) return;
      reported = nowMs();
      update({ progress: { ...progress } }).catch((error: unknown) =>
        log(`run ${runId}: ${messageOf(error)}`),
      );
    });
    const onLog = proxy((line: string) => log(`run ${runId}: ${line}`));
    return await thread.call((worker) => worker.compare(job, onProgress, onLog));
  } finally {
    await thread.stop();
  }
}
