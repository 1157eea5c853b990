import { positive, count, group } from '../../settings/fields.ts';

/** How backends take batches from the bucket of TRIMTAB_LOG_STORE, and for how long they stay in it. */
export const storedBatches = group({
  /** How often a backend looks for new ones. Each look is a request or more for each shard (docs/at-scale.md). */
  pollSeconds: positive.max(3600).default(5),
  /** Of how many shards one backend takes batches at the same time. */
  parallel: count.min(1).max(64).default(4),
  /** How long a batch stays in the bucket after it was sealed, once it is committed: a database that is restored from a backup takes it in again. What it says of people who are erased goes with it, and what is old is deleted once an hour: so at least two hours less than privacy.erasureHours. */
  keepHours: count.max(720).default(24),
});

/** What batches are in the bucket for beside that, at most: until the next sweep is over. */
const SWEPT_WITHIN_HOURS = 2;

/** @throws Error where batches would outlive what people are promised, or by which they are known as committed. */
export function checkKeepHours(
  { keepHours }: StoredBatchSettings,
  erasureHours: number,
  retentionDays: number,
): void {
  const longest = Math.min(erasureHours, retentionDays * 24) - SWEPT_WITHIN_HOURS;
  if (keepHours > longest)
    throw new Error(
      `storedBatches.keepHours (${keepHours}) may be ${longest} at most: ${SWEPT_WITHIN_HOURS} less than privacy.erasureHours (${erasureHours}) and than the hours of trainingData.retentionDays (${retentionDays})`,
    );
}

export type StoredBatchSettings = ReturnType<typeof storedBatches.parse>;
