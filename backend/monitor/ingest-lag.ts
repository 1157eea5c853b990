import { and, gte, isNotNull } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { batches } from '../store/tables.ts';
import { tooLittleData, found, NOTHING, type Observation } from './finding.ts';
import type { MonitorSettings } from './settings.ts';

const KEY = 'ingest lag';
const MINUTE_MS = 60_000;

/** A quantile that shows when one edge object of eight is behind. */
const QUANTILE = 0.9;

/**
 * Checks how far ingest is behind the edge.
 * @param lagsMs of the last minutes' batches: from the newest entry to the commit. Without any, nothing is known: the
 * log may be quiet or stuck; the monitor of stale data finds which.
 */
export function findIngestLag(
  lagsMs: readonly number[],
  { windowMinutes, maxLagMinutes }: MonitorSettings['ingest'],
): Observation {
  if (lagsMs.length === 0) return tooLittleData(KEY);
  const sorted = lagsMs.toSorted((a, b) => a - b);
  const lagMs = sorted[Math.ceil(QUANTILE * sorted.length) - 1];
  if (lagMs <= maxLagMinutes * MINUTE_MS) return NOTHING;
  return found({
    key: KEY,
    kind: KEY,
    message: `ingest is ${Math.round(lagMs / MINUTE_MS)} min behind the edge (${lagsMs.length} batches in ${windowMinutes} min), over ${maxLagMinutes} min`,
    details: { lagMs, batches: lagsMs.length, maxLagMinutes },
  });
}

export async function readIngestLag(
  store: Store,
  settings: MonitorSettings['ingest'],
  nowMs: number,
): Promise<Observation> {
  const since = nowMs - settings.windowMinutes * MINUTE_MS;
  const rows = await store.db
    .select({ lagMs: batches.lagMs })
    .from(batches)
    .where(and(gte(batches.committedAt, since), isNotNull(batches.lagMs)));
  return findIngestLag(
    rows.map(({ lagMs }) => lagMs!),
    settings,
  );
}
