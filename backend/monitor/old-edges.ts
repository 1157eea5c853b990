import { and, eq, gte, like, sql } from 'drizzle-orm';
import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import { movedAt, readLive } from '../models/live-pointer.ts';
import type { Store } from '../store/open.ts';
import { audit, decisions } from '../store/tables.ts';
import { count } from '../../shared/text/text.ts';
import { cannotTell, found, NOTHING, type Observation } from './finding.ts';
import { ofAnySchema } from './recent-rankings.ts';
import type { MonitorSettings } from './settings.ts';

/** How many rankings a version served lately. */
export interface Served {
  readonly version: string;
  readonly rankings: number;
}

const KEY = 'old edges';
const MINUTE_MS = 60_000;

/**
 * Edges that serve what the pointer no longer names, although it was moved long enough ago.
 * @param once versions that were live at some time: one that never was is somebody's preview or replay.
 */
export function findOldEdges(
  served: readonly Served[],
  pointer: Pointer,
  once: ReadonlySet<string>,
  { minRankings, maxShare }: MonitorSettings['oldEdges'],
): Observation {
  const named = namedBy(pointer);
  const total = served.reduce((sum, { rankings }) => sum + rankings, 0);
  if (total < minRankings) return cannotTell(KEY);
  const old = served.filter(({ version }) => !named.has(version) && once.has(version));
  const late = old.reduce((sum, { rankings }) => sum + rankings, 0);
  if (late < minRankings || late / total <= maxShare) return NOTHING;
  const shares = old.map(
    ({ version, rankings }) => `${version} ${((100 * rankings) / total).toFixed(1)} %`,
  );
  return found({
    key: KEY,
    kind: KEY,
    message: `edges still serve versions that are not live (${[...named].join(', ')}): ${shares.join(', ')} of ${count(total)} recent rankings`,
    details: { live: [...named], rankings: total, old },
  });
}

/** The versions that may serve. */
const namedBy = ({ champion, arms = {} }: Pointer): ReadonlySet<string> =>
  new Set([champion, ...Object.values(arms)]);

/** Degraded rankings are left out: they say themselves that they had nothing newer. */
export async function readOldEdges(
  store: Store,
  settings: MonitorSettings['oldEdges'],
  nowMs: number,
): Promise<Observation> {
  const live = await readLive(store);
  if (live === undefined) return cannotTell(KEY);
  const since = Math.max(
    (await movedAt(store, live)) + settings.graceMinutes * MINUTE_MS,
    nowMs - settings.windowMinutes * MINUTE_MS,
  );
  const served = await store.db
    .select({ version: decisions.weights, rankings: sql<number>`count(*)` })
    .from(decisions)
    .where(and(await ofAnySchema(store), gte(decisions.at, since), eq(decisions.degraded, false)))
    .groupBy(decisions.weights);
  const named = namedBy(live.pointer);
  const strangers = served.some(({ version }) => !named.has(version));
  const once = strangers ? await onceLive(store, served) : new Set<string>();
  return findOldEdges(served, live.pointer, once, settings);
}

/** Which of the versions a pointer once named, by the audit log's copies of it. */
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
