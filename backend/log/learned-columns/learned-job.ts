import { count, sql } from 'drizzle-orm';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { learnedKeys } from '../../../shared/score/learned-table.ts';
import { counted } from '../../../shared/text/text.ts';
import { publishLearned } from '../../catalogue/learned-parts.ts';
import type { Publisher } from '../../models/publisher.ts';
import { serial } from '../../process/serial.ts';
import type { Thread } from '../../process/thread.ts';
import type { Job } from '../../scheduler/scheduler.ts';
import type { Store } from '../../store/open.ts';
import { decisions } from '../../store/tables.ts';
import type { Account } from '../account/account.ts';
import { believedTime } from '../log-time.ts';
import type { LearnedWorker } from './learned-worker.ts';
import type { LearnedColumnsSettings } from './settings.ts';

/** From so many logged rankings on, the schedule alone says when columns are learned. */
const EARLY_RANKINGS = 1000;
/** A refresh that failed, as while KV does, is tried again after so long, ms. */
const RETRY_MS = 60_000;

interface LearnedJobDeps {
  readonly store: Store;
  readonly account: Pick<Account, 'update'>;
  readonly publisher: Pick<Publisher, 'publishLearned'>;
  readonly liveSchema: () => Promise<Schema>;
  readonly thread: Pick<Thread<LearnedWorker>, 'call'>;
  readonly settings: LearnedColumnsSettings;
  /** How often it is looked whether a refresh is due before its time. */
  readonly everyMs: number;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

/**
 * The leader learns the columns of items anew from the account, and publishes them where they have changed: on schedule, and at once
 * where waiting for that would rank by nothing. That is where a schema that reads them has just become the live one, or the backend
 * started; and while the log is short, whenever it has doubled, so that a new site has its first columns with its first rankings.
 */
export function learnedJobs(deps: LearnedJobDeps): readonly [onSchedule: Job, atOnce: Job] {
  const { store, liveSchema, settings, everyMs, nowMs } = deps;
  const inTurn = serial();
  /** What was last learned: for which schema, and of how long a log. */
  let last: { readonly schema: string; readonly logged: number } | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  const learnWhere = (isDue: (schema: Schema, logged: number) => boolean) =>
    inTurn(async () => {
      const schema = await liveSchema();
      if (learnedKeys(schema).length === 0) {
        last = undefined;
        return;
      }
      const logged = await fewLogged(store);
      if (!isDue(schema, logged)) return;
      try {
        await refresh(deps);
      } catch (error) {
        failedAt = nowMs();
        throw error;
      }
      last = { schema: schema.hash, logged };
    });

  return [
    {
      name: 'learned columns of items',
      schedule: settings.schedule,
      leaderOnly: true,
      run: () => learnWhere(() => true),
    },
    {
      name: 'first learned columns of items',
      schedule: settings.schedule === '' ? '' : everyMs,
      leaderOnly: true,
      async run() {
        if (Math.abs(nowMs() - failedAt) < RETRY_MS) return;
        await learnWhere(
          (schema, logged) =>
            logged > 0 &&
            (last?.schema !== schema.hash ||
              (last.logged < EARLY_RANKINGS && logged >= 2 * last.logged)),
        );
      },
    },
  ];
}

/** How many rankings are logged, up to twice as many as a short log has. */
async function fewLogged({ db }: Pick<Store, 'db'>): Promise<number> {
  const few = db
    .select({ one: sql`1`.as('one') })
    .from(decisions)
    .limit(2 * EARLY_RANKINGS)
    .as('few');
  const [{ logged }] = await db.select({ logged: count() }).from(few);
  return logged;
}

async function refresh(deps: LearnedJobDeps): Promise<void> {
  const { store, account, publisher, thread, settings, nowMs, log } = deps;
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
}
