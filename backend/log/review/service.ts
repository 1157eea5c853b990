import type { Schema } from '../../../shared/features/schema.ts';
import { threadOnDemand } from '../../process/thread.ts';
import type { Database } from '../../store/connect.ts';
import type { Account } from '../account/account.ts';
import type { Span } from '../account/span.ts';
import type { Anomalies } from './anomalies.ts';
import type { Exposure } from './exposure.ts';
import type { ReviewWorker } from './review-worker.ts';
import type { ReviewedSession, reviewSessions } from './sessions.ts';
import type { Spread } from './spread.ts';

/** What training reads, for people to look at: in a thread of its own. */
export interface DataReview {
  anomalies(span: Span, nowMs: number): Promise<Anomalies>;
  sessions(span: Span, which: Parameters<typeof reviewSessions>[2]): Promise<ReviewedSession[]>;
  spread(schema: Schema, span: Span, nowMs: number): Promise<Spread>;
  /** @throws ApiError 400 where the schema has no such attribute. */
  exposure(schema: Schema, span: Span, nowMs: number, attribute: string): Promise<Exposure>;
  stop(): Promise<void>;
}

export function dataReviewOf(database: Database, account: Pick<Account, 'update'>): DataReview {
  const thread = threadOnDemand<ReviewWorker>(
    new URL('./review-worker.ts', import.meta.url),
    database,
  );
  return {
    async anomalies(span, nowMs) {
      await account.update();
      return thread.call((worker) => worker.anomalies(span, nowMs));
    },
    async sessions(span, which) {
      await account.update();
      return thread.call((worker) => worker.sessions(span, which));
    },
    async spread(schema, span, nowMs) {
      await account.update();
      return thread.call((worker) => worker.spread(schema, span, nowMs));
    },
    async exposure(schema, span, nowMs, attribute) {
      await account.update();
      return thread.call((worker) => worker.exposure(schema, span, nowMs, attribute));
    },
    stop: () => thread.stop(),
  };
}
