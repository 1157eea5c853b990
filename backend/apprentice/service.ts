import { sql } from 'drizzle-orm';
import type { ApprenticePlacement } from '../../shared/domain/apprentice.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import type { Placement } from '../../shared/domain/placement.ts';
import type { Account } from '../log/account/account.ts';
import type { Span } from '../log/account/span.ts';
import {
  changeApprentice,
  readApprenticeSettings,
  removeApprentice,
  type ApprenticeSetting,
} from '../models/apprentice-settings.ts';
import { readLive } from '../models/live-pointer.ts';
import type { LivePointerService } from '../models/live-pointer-service.ts';
import { threadOnDemand } from '../process/thread.ts';
import type { Database } from '../store/connect.ts';
import type { Store } from '../store/open.ts';
import { apprenticeChanges } from '../store/tables.ts';
import type { OrderComparison } from './compare-orders.ts';
import type { KeptCounts } from './read-kept.ts';
import { readinessOf, type ApprenticeFigures, type Readiness } from './report.ts';
import type { ReportWorker } from './report-worker.ts';

/** What is set, how often Trimtab would have agreed, and what came of it where visitors were split between the two orders. */
export interface ApprenticeStatus extends ApprenticeFigures {
  readonly settings: readonly ApprenticeSetting[];
  readonly from: number;
  readonly to: number;
  readonly readiness: Readiness;
  /** Rankings of people in the window, and in how many of them the site's own order was kept. */
  readonly rankings: KeptCounts;
  /** The newest first. */
  readonly comparisons: readonly OrderComparison[];
}

export interface Apprentice {
  /** Edges follow within their refresh interval, also during a hold. @param share of the sessions that Trimtab ranks for, 0..1. */
  set(placement: ApprenticePlacement, share: number, by: string): Promise<ApprenticeSetting[]>;
  /** The placement goes by what is set everywhere again. @throws ApiError 404 `not_set`. */
  remove(placement: ApprenticePlacement, by: string): Promise<ApprenticeSetting[]>;
  /** @param placement undefined: all. */
  status(span: Span, placement?: Placement): Promise<ApprenticeStatus>;
  stop(): Promise<void>;
}

export interface ApprenticeDeps {
  readonly store: Store;
  readonly database: Database;
  readonly account: Pick<Account, 'update'>;
  readonly livePointer: Pick<LivePointerService, 'refreshTraffic'>;
  readonly nowMs: () => number;
}

const MOST_COMPARISONS = 5;

export function apprenticeOf({
  store,
  database,
  account,
  livePointer,
  nowMs,
}: ApprenticeDeps): Apprentice {
  const thread = threadOnDemand<ReportWorker>(
    new URL('./report-worker.ts', import.meta.url),
    database,
  );
  return {
    async set(placement, share, by) {
      await store.write(changeApprentice(store, { placement, share, by, at: nowMs() }));
      await livePointer.refreshTraffic(by);
      return readApprenticeSettings(store);
    },

    async remove(placement, by) {
      const settings = await readApprenticeSettings(store);
      await store.write(removeApprentice(store, settings, { placement, by, at: nowMs() }));
      await livePointer.refreshTraffic(by);
      return readApprenticeSettings(store);
    },

    async status(span, placement) {
      await account.update();
      const champion = (await readLive(store))?.pointer.champion ?? RULES_VERSION;
      const figures = await thread.call((worker) => worker.figures(span, champion, placement));
      const splits = await splitsOf(store, placement);
      const comparisons: OrderComparison[] = [];
      for (const { change, share } of splits)
        comparisons.push(await thread.call((worker) => worker.compare(change, share)));
      return {
        settings: await readApprenticeSettings(store),
        ...span,
        ...figures,
        readiness: readinessOf(figures),
        comparisons,
      };
    },

    stop: () => thread.stop(),
  };
}

/** The newest changes that split sessions, at a placement or at any. */
const splitsOf = ({ db }: Store, placement: Placement | undefined) =>
  db.all<{ change: number; share: number }>(sql`
    select id as change, share from ${apprenticeChanges}
    where share > 0 and share < 1 and not isRemoved
      and ${placement === undefined ? sql`true` : sql`placement in ('*', ${placement})`}
    order by id desc limit ${MOST_COMPARISONS}`);
