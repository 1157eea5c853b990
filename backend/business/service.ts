import type { Account } from '../log/account/account.ts';
import { CLASSIFIED, readMark, type ClassifiedMark } from '../log/account/mark.ts';
import { threadOnDemand } from '../process/thread.ts';
import type { Database } from '../store/connect.ts';
import type { Store } from '../store/open.ts';
import type { BusinessWorker } from './business-worker.ts';
import type { BusinessFigures } from './figures.ts';
import type { ItemFigures } from './items.ts';
import type { PageActivity } from './page-activity.ts';
import type { SearchFigures } from './searches.ts';
import type { Grouping } from './served.ts';

interface Span {
  /** Epoch ms; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
}

/** What visitors do with what they are shown. Weeks of the log are read for it, in a thread of its own. */
export interface Business {
  figures(span: Span, grouping: Grouping, reference?: string): Promise<BusinessFigures>;
  items(span: Span, limit: number, only?: string): Promise<ItemFigures[]>;
  searches(span: Span, limit: number): Promise<SearchFigures[]>;
  page(span: Span, placement?: string): Promise<PageActivity>;
  /** Epoch ms: days before this one are closed, so that nothing changes their figures any more. */
  closedBefore(): Promise<number>;
  stop(): Promise<void>;
}

export function businessOf({
  store,
  database,
  account,
}: {
  readonly store: Pick<Store, 'db'>;
  readonly database: Database;
  readonly account: Pick<Account, 'update'>;
}): Business {
  const thread = threadOnDemand<BusinessWorker>(
    new URL('./business-worker.ts', import.meta.url),
    database,
  );
  return {
    async figures(span, grouping, reference) {
      await account.update();
      return thread.call((worker) => worker.figures(span, grouping, reference));
    },
    async items(span, limit, only) {
      await account.update();
      return thread.call((worker) => worker.items(span, limit, only));
    },
    async searches(span, limit) {
      await account.update();
      return thread.call((worker) => worker.searches(span, limit));
    },
    async page(span, placement) {
      await account.update();
      return thread.call((worker) => worker.page(span, placement));
    },
    async closedBefore() {
      const { mark } = await readMark<ClassifiedMark>(store.db, CLASSIFIED);
      return mark?.closedBefore ?? 0;
    },
    stop: () => thread.stop(),
  };
}
