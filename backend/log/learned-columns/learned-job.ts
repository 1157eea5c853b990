import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { learnedKeys } from '../../../shared/score/learned-table.ts';
import { counted } from '../../../shared/text/text.ts';
import { publishLearned } from '../../catalogue/learned-parts.ts';
import type { Publisher } from '../../models/publisher.ts';
import type { Thread } from '../../process/thread.ts';
import type { Job } from '../../scheduler/scheduler.ts';
import type { Store } from '../../store/open.ts';
import type { Account } from '../account/account.ts';
import { believedTime } from '../log-time.ts';
import type { LearnedWorker } from './learned-worker.ts';
import type { LearnedColumnsSettings } from './settings.ts';

/** The leader learns the columns of items anew from the account, and publishes them where they have changed. */
export function learnedJob(deps: {
  readonly store: Store;
  readonly account: Pick<Account, 'update'>;
  readonly publisher: Pick<Publisher, 'publishLearned'>;
  readonly liveSchema: () => Promise<Schema>;
  readonly thread: Pick<Thread<LearnedWorker>, 'call'>;
  readonly settings: LearnedColumnsSettings;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}): Job {
  const { store, account, publisher, liveSchema, thread, settings, nowMs, log } = deps;
  return {
    name: 'learned columns of items',
    schedule: settings.schedule,
    leaderOnly: true,
    async run() {
      if (learnedKeys(await liveSchema()).length === 0) return;
      await account.update();
      const built = await thread.call((worker) => worker.learn(nowMs(), settings.maxRankings));
      const { hash, bytes, items, rankings, examination } = built;
      // What a clock that is a year ahead deletes does not come back when it is put right.
      const believed = await believedTime(store.db, nowMs());
      const isNew = await publishLearned(
        store,
        publisher,
        { hash, bytes, items, details: { rankings, examination } },
        { keptSince: believed - settings.keepDays * DAY_MS, nowMs: nowMs() },
      );
      if (isNew)
        log(
          `learned columns ${hash} are live: ${counted(items, 'item')} by ${counted(rankings, 'ranking')}`,
        );
    },
  };
}
