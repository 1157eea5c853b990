import { workerData } from 'node:worker_threads';
import { serve } from '../process/serve.ts';
import { offlineRanker } from './offline-ranker.ts';
import type { Published } from './published.ts';
import { scoreLines, type Lines, type ScoredLines } from './score-lines.ts';

const rank = offlineRanker(workerData as Published);

const exposed = {
  async score(lines: Lines, nowMs: number): Promise<ScoredLines> {
    return scoreLines(rank, lines, nowMs);
  },
};

export type ScoreWorker = typeof exposed;
serve(exposed);
