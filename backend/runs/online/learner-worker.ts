import { serve } from '../../process/serve.ts';
import { writeThrough, type RemoteWrite } from '../../store/remote-write.ts';
import { workerDatabase } from '../../store/worker-database.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import type { AdditiveScorer } from '../../../shared/score/scorer.ts';
import {
  emptyMemory,
  learnArrived,
  type LearningJob,
  type LearningState,
} from './learn-arrived.ts';

const db = workerDatabase();

/** Counting whether there is enough to begin with reads thousands of rankings: once in so many turns is enough. */
const WAIT_TURNS = 15;
const waitingSince = new Map<string, { readonly atMs: number; readonly state: LearningState }>();

const memory = emptyMemory();
const bases = new Map<Version, AdditiveScorer>();

/** A job whose base may be left out once the thread has it: it is large, and the same every few seconds. */
export interface SentJob extends Omit<LearningJob, 'base'> {
  readonly version: Version;
  readonly base?: AdditiveScorer;
}

const exposed = {
  async learn(
    sent: readonly SentJob[],
    nowMs: number,
    everyMs: number,
    write: RemoteWrite,
  ): Promise<(LearningState | { readonly is: 'failed'; readonly why: string })[]> {
    const store = { db, write: writeThrough(write) };
    for (const { version, base } of sent) if (base !== undefined) bases.set(version, base);
    for (const version of bases.keys())
      if (!sent.some((job) => job.version === version)) bases.delete(version);
    const jobs = sent.map((job): LearningJob => ({ ...job, base: bases.get(job.version)! }));
    const states: (LearningState | { readonly is: 'failed'; readonly why: string })[] = [];
    for (const job of jobs) {
      const key = `${job.arm} ${job.base.version}`;
      const waiting = waitingSince.get(key);
      if (waiting !== undefined && Math.abs(nowMs - waiting.atMs) < WAIT_TURNS * everyMs) {
        states.push(waiting.state);
        continue;
      }
      waitingSince.delete(key);
      try {
        const state = await learnArrived(store, job, nowMs, memory);
        if (state.is === 'waiting') waitingSince.set(key, { atMs: nowMs, state });
        states.push(state);
      } catch (error) {
        states.push({ is: 'failed', why: error instanceof Error ? error.message : String(error) });
      }
    }
    return states;
  },
};

export type LearnerWorker = typeof exposed;
serve(exposed);
