import { sql } from 'drizzle-orm';
import { wilson } from '../science/statistics/wilson.ts';
import { count, percent } from '../../shared/text/text.ts';
import type { Account } from '../log/account/account.ts';
import type { Store } from '../store/open.ts';
import { found, NOTHING, tooLittleData, type Observation } from './finding.ts';
import type { MonitorSettings } from './settings.ts';

const KEY = 'refused feedback';

/** Events of one reason why they do not count; '' where they do. */
export interface Judged {
  readonly fault: string;
  readonly events: number;
}

/** Finds that most of what comes in does not count: a page that sends wrong events, or somebody who makes them up. */
export function findRefusedFeedback(
  judged: readonly Judged[],
  { windowMinutes, minEvents, maxShare }: MonitorSettings['refused'],
): Observation {
  const all = judged.reduce((sum, { events }) => sum + events, 0);
  if (all < minEvents) return tooLittleData(KEY);
  const faults = judged.filter(({ fault }) => fault !== '').toSorted((a, b) => b.events - a.events);
  const refused = faults.reduce((sum, { events }) => sum + events, 0);
  const { rate, low } = wilson(refused, all);
  if (low! <= maxShare) return NOTHING;
  return found({
    key: KEY,
    kind: KEY,
    message: `${percent(rate!, { digits: 1 })} of the last ${windowMinutes} minutes' feedback does not count (${count(refused)} of ${count(all)}), over ${percent(maxShare)}; most often: ${faults[0].fault}`,
    details: { events: all, refused, maxShare, most: faults[0].fault },
  });
}

export async function readRefusedFeedback(
  { store, account }: { readonly store: Store; readonly account: Pick<Account, 'update'> },
  settings: MonitorSettings['refused'],
  nowMs: number,
): Promise<Observation> {
  await account.update();
  const judged = await store.db.all<Judged>(sql`
    select fault, count(*) as events from events
    where receivedAt >= ${nowMs - settings.windowMinutes * 60_000} and fault is not null and fault <> 'corrected'
    group by 1`);
  return findRefusedFeedback(judged, settings);
}
