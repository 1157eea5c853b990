import { positive, count, group } from '../../settings/fields.ts';

/** How backends take batches from the bucket of TRIMTAB_LOG_STORE, and for how long they stay in it. */
export const storedBatches = group({
  /** How often a backend looks for new ones. Each look is a request or more for each shard (docs/at-scale.md). */
  pollSeconds: positive.max(3600).default(5),
  /** Of how many shards one backend takes batches at the same time. */
  parallel: count.min(1).max(64).default(4),
  /** How long a batch stays in the bucket after it was sealed, once it is committed: a database that is restored from a backup takes it in again. Not longer than privacy.erasureHours, as what it says of people who are erased goes with it. */
  keepHours: count.max(720).default(24),
});

export type StoredBatchSettings = ReturnType<typeof storedBatches.parse>;
