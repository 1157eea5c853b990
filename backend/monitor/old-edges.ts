import { and, eq, gte, like, sql } from 'drizzle-orm';
import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import { movedAt, readLive } from '../models/live-pointer.ts';
import type { Store } from '../store/open.ts';
import { audit, decisions } from '../store/tables.ts';
import { count, percent } from '../../shared/text/text.ts';
import { tooLittleData, found, NOTHING, type Observation } from './finding.ts';
import { ofEverySchema } from './recent-rankings.ts';
import type { MonitorSettings } from './settings.ts';

/** How many rankings a version served in the last minutes. */
export interface Served {
  readonly version: string;
  readonly rankings: number;
}

const KEY = 'old edges';
const MINUTE_MS = 60_000;

/**
 * Finds edges that serve versions which the pointer no longer names, although it was moved long enough ago.
 * @param once versions that were live at some time; any other version is somebody's preview or replay.
 */
export function findOldEdges(
  served: readonly Served[],
  pointer: Pointer,
  once: ReadonlySet<string>,
  { minRankings, maxShare }: MonitorSettings['oldEdges'],
): Observation {
  const named = namedBy(pointer);
  const total = served.reduce((sum, { rankings }) => sum + rankings, 0);
  if (total < minRankings) return tooLittleData(KEY);
  const old = served.filter(({ version }) => !named.has(version) && once.has(version));
  const late = old.reduce((sum, { rankings }) => sum + rankings, 0);
  if (late < minRankings || late / total <= maxShare) return NOTHING;
  const shares = old.map(
    ({ version, rankings }) => `${version} ${percent(rankings / total, { digits: 1 })}`,
  );
  return found({
    key: KEY,
    kind: KEY,
    message: `edges still serve versions that are not live (${[...named].join(', ')}): ${shares.join(', ')} of ${count(total)} recent rankings`,
    details: { live: [...named], rankings: total, old },
  });
}

/** The versions that may serve by this pointer. */
const namedBy = ({ champion, arms = {} }: Pointer): ReadonlySet<string> =>
  new Set([champion, ...Object.values(arms)]);

/** Degraded rankings are left out: they are marked as served without anything newer. */
export async function readOldEdges(
  store: Store,
  settings: MonitorSettings['oldEdges'],
  nowMs: number,
): Promise<Observation> {
  const live = await readLive(store);
  if (live === undefined) return tooLittleData(KEY);
  const since = Math.max(
    (await movedAt(store, live)) + settings.graceMinutes * MINUTE_MS,
    nowMs - settings.windowMinutes * MINUTE_MS,
  );
  const served = await store.db
    .select({ version: decisions.weights, rankings: sql<number>`count(*)` })
    .from(decisions)
    .where(and(await ofEverySchema(store), gte(decisions.at, since), eq(decisions.degraded, false)))
    .groupBy(decisions.weights);
  const named = namedBy(live.pointer);
  const hasOthers = served.some(({ version }) => !named.has(version));
  const once = hasOthers ? await onceLive(store, served) : new Set<string>();
  return findOldEdges(served, live.pointer, once, settings);
}

/** Which of the versions a pointer has named at some time, according to its copies in the audit log. */
async function onceLive(store: Store, served: readonly Served[]): Promise<Set<string>> {
  const once = new Set<string>();
  for (const { version } of served) {
    const rows = await store.db
      .select({ details: audit.details })
      .from(audit)
      .where(like(audit.details, `%${version}%`));
    const named = rows.some(({ details: { text, before } }) =>
      [text, before].some((value) => {
        const pointer = typeof value === 'string' ? parsePointer(value) : undefined;
        return pointer !== undefined && namedBy(pointer).has(version);
      }),
    );
    if (named) once.add(version);
  }
  return once;
}
