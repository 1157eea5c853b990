import { aboutLog } from '../../log/schema-log.ts';
import type { PreparedData } from '../../log/data-worker.ts';
import type { TrainingRequest } from './training-request.ts';
import type { TrainingResult } from './training-messages.ts';

/** Stored with a version: what it was learned from, how, and its evaluation. */
export function lineageOf(
  request: TrainingRequest,
  { manifests, quality, otherLogs }: PreparedData,
  result: TrainingResult,
  forced: boolean,
): Record<string, unknown> {
  return {
    parent: request.parent.version,
    ...(request.placement !== undefined && { placement: request.placement }),
    ...(request.startFrom && { startFrom: request.startFrom.version }),
    window: { from: request.from, to: request.to, servedBy: request.servedBy },
    schemaHash: request.parent.schema.hash,
    reward: request.reward,
    counts: result.counts,
    limited: result.limited,
    learner: result.learner,
    iterations: result.iterations,
    firstPassRemains: result.firstPassRemains,
    finalLoss: result.curve.at(-1),
    validation: result.validation,
    gate: result.gate,
    examination: result.examination,
    learnedFrom: result.window,
    /** Pairs of features that were tried as learned crosses. */
    crosses: result.crosses,
    quality,
    partitions: manifests.map(({ day, state, parts }) => ({
      day,
      state,
      sha256: parts.map((part) => part.sha256),
    })),
    /** Logs of other schemas, and how far they were learned from. */
    otherLogs: otherLogs.map(aboutLog),
    forced,
    /** What was missing of the minimum data, where force learned without it. */
    missing: result.missing,
    belowMinimums: result.belowMinimums,
  };
}
