import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { Version } from '../../../shared/domain/ids.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import type { Store } from '../../store/open.ts';
import { runs } from '../../store/tables.ts';

export interface RunDeps {
  readonly store: Store;
  /** Which of several backends the run is on. */
  readonly backend: string;
  readonly log: (message: string) => void;
  readonly nowMs: () => number;
}

/** What one kind of run does. Everything that all kinds share is done around it. */
export interface RunJob {
  /** How it was asked for; stored with the run. */
  readonly params: Record<string, unknown>;
  /** Its thread must have ended when this resolves: whoever reads that a run is over may start the next one. */
  carryOut(run: RunContext): Promise<RunEnd>;
}

export interface RunContext {
  readonly id: string;
  readonly log: (line: string) => void;
  /** Replaces the progress in the run's row. */
  readonly report: (progress: object) => void;
  /** The same for what is reported many times a second: some of it is left out. */
  readonly reportOften: (progress: object) => void;
}

export interface RunEnd {
  /** What was learned, where the run makes a version. */
  readonly version?: Version;
  readonly progress: Record<string, unknown>;
  /** For the backend's log. */
  readonly summary: string;
}

export interface StartedRun {
  readonly runId: string;
  /** Settles when the row is final; never rejects. */
  readonly finished: Promise<void>;
}

const PROGRESS_EVERY_MS = 500;

/** Stores the run's row, starts the job, and returns at once: from then on the row says how the run goes. */
export async function startRun(deps: RunDeps, job: RunJob): Promise<StartedRun> {
  const { store, backend, nowMs } = deps;
  const runId = `run_${randomUUID()}`;
  await store.write([
    store.db.insert(runs).values({
      id: runId,
      status: 'running',
      params: { ...job.params, backend },
      progress: {},
      startedAt: nowMs(),
    }),
  ]);
  return { runId, finished: carryOut(deps, job, runId) };
}

async function carryOut({ store, log, nowMs }: RunDeps, job: RunJob, runId: string): Promise<void> {
  const update = (fields: Partial<typeof runs.$inferInsert>) =>
    store.write([store.db.update(runs).set(fields).where(eq(runs.id, runId))]);
  const logLine = (line: string) => log(`run ${runId}: ${line}`);
  let reportedAt = 0;
  const report = (progress: object) => {
    reportedAt = nowMs();
    update({ progress: { ...progress } }).catch((error: unknown) => logLine(messageOf(error)));
  };
  const reportOften = (progress: object) => {
    if (Math.abs(nowMs() - reportedAt) >= PROGRESS_EVERY_MS) report(progress);
  };
  try {
    const { version, progress, summary } = await job.carryOut({
      id: runId,
      log: logLine,
      report,
      reportOften,
    });
    await update({
      status: 'done',
      ...(version !== undefined && { version }),
      progress: { phase: 'done', ...progress },
      finishedAt: nowMs(),
    });
    logLine(summary);
  } catch (error) {
    const message = messageOf(error);
    log(`run ${runId} failed: ${message}`);
    await update({ status: 'failed', error: message, finishedAt: nowMs() }).catch(() => {});
  }
}
