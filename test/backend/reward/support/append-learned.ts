import { appendWeights } from '../../../../backend/reward/history.ts';
import type { Reward } from '../../../../backend/reward/to-reward.ts';
import { openStore } from '../../../../backend/store/open.ts';
import type { Database } from '../../../../backend/store/connect.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';

/** Puts learned weights of the smarttrip schema in the history of a backend's database. */
export async function appendLearned(database: Database, weights: Reward): Promise<void> {
  const store = await openStore(database);
  await appendWeights(
    store,
    {
      schemaName: smarttrip.name,
      weights,
      author: 'cron',
      reason: 'learned',
      expiresAt: null,
      source: 'learned',
      method: 'surrogate',
      experimentId: null,
      details: { weights: [], covariance: [], normalisers: {} },
    },
    { action: 'learn metric weights', details: {} },
    Date.now(),
  );
  await store.close();
}
