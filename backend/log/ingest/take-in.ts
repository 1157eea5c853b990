import type { IngestBatch } from '../../../shared/format/ingest-bytes.ts';
import type { Metrics } from '../../process/metrics.ts';
import type { Tracing } from '../../process/tracing.ts';
import type { Store } from '../../store/open.ts';
import { batchLagMs } from './batch-lag.ts';
import { ingest, type Ingested } from './ingest.ts';

/** Commits a batch whose signature fits, and counts it, whichever way it came. @throws DatabaseBusy: nothing of it is stored. */
export type TakeIn = (batch: IngestBatch) => Promise<Ingested>;

export const takeInBy =
  ({
    store,
    metrics,
    tracing,
    nowMs,
  }: {
    readonly store: Store;
    readonly metrics: Metrics;
    readonly tracing: Tracing;
    readonly nowMs: () => number;
  }): TakeIn =>
  async (batch) => {
    const stored = await tracing.within('ingest', async (span) => {
      const ingested = await ingest(store, batch, nowMs());
      const { decisions, events, duplicate } = ingested;
      span?.set({
        'trimtab.decisions': decisions,
        'trimtab.events': events,
        'trimtab.duplicate': duplicate,
      });
      return ingested;
    });
    count(metrics, batch, stored, nowMs());
    return stored;
  };

function count(metrics: Metrics, batch: IngestBatch, done: Ingested, nowMs: number): void {
  if (done.duplicate) return metrics.add('trimtab_ingest_duplicate_batches_total', 1);
  metrics.add('trimtab_ingest_batches_total', 1);
  metrics.add('trimtab_ingest_rows_total', done.decisions, { table: 'decisions' });
  metrics.add('trimtab_ingest_rows_total', done.events, { table: 'events' });
  const corrected = batch.events.filter(({ clockOffsetMs }) => clockOffsetMs !== undefined).length;
  metrics.add('trimtab_ingest_corrected_clocks_total', corrected);
  metrics.add('trimtab_ingest_lost_decisions_total', batch.lost ?? 0);
  metrics.set('trimtab_ingest_last_batch_timestamp_ms', nowMs);
  const lagMs = batchLagMs(batch, nowMs);
  if (lagMs !== undefined) metrics.set('trimtab_ingest_lag_ms', lagMs);
}
