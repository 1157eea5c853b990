import { parentPort } from 'node:worker_threads';
import { createClient } from '@libsql/client';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { drizzle } from 'drizzle-orm/libsql';
import { ApiError } from '../../shared/domain/errors.ts';
import type { FitStep } from './fit-additive.ts';
import type { TrainingCounts, TrainingJob, TrainingProgress, TrainingResult } from './job.ts';
import { learnAdditive } from './learn-additive.ts';
import { readTrainingSet } from './read-training-set.ts';
import { slateCount, type TrainingSet } from './training-set.ts';

/** Fewer rewarded rankings than this say less than the rules do. */
const MIN_REWARDED = 100;

/** Reads the log and learns, away from the thread that answers requests. */
async function train(
  job: TrainingJob,
  onProgress: (progress: TrainingProgress) => void,
): Promise<TrainingResult> {
  const client = createClient(job.database);
  try {
    const { schema } = job.parent;
    const set = await readTrainingSet(drizzle(client), schema, job.window, job.reward, (slates) =>
      onProgress({ phase: 'reading', slates }),
    );
    const counts = count(set);
    if (counts.rewarded < MIN_REWARDED) {
      throw new ApiError(
        409,
        'not_enough_data',
        `not enough data: ${counts.rewarded} of ${MIN_REWARDED} rankings with a reward under schema ${schema.name}`,
      );
    }
    const curve: FitStep[] = [];
    const learned = learnAdditive(set, {
      parent: job.parent,
      name: job.name,
      ...(job.l2 === undefined ? {} : { l2: job.l2 }),
      onIteration: (step) => {
        curve.push(step);
        if (step.iteration % 5 === 0) onProgress({ phase: 'fitting', counts, curve });
      },
    });
    return { ...learned, counts };
  } finally {
    client.close();
  }
}

function count(set: TrainingSet): TrainingCounts {
  let rewarded = 0;
  for (let slate = 0; slate < slateCount(set); slate++) {
    if (set.reward.subarray(set.starts[slate], set.starts[slate + 1]).some((value) => value > 0))
      rewarded++;
  }
  return { rankings: slateCount(set), rewarded, shownItems: set.rows };
}

const exposed = { train };
export type TrainingWorker = typeof exposed;
expose(exposed, nodeEndpoint(parentPort!));
