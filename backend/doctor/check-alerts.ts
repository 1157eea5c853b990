import { and, eq, gt, isNull, ne, sql } from 'drizzle-orm';
import { counted } from '../../shared/text/text.ts';
import { listAlerts } from '../monitor/list-alerts.ts';
import type { Store } from '../store/open.ts';
import { alertNotices, alerts } from '../store/tables.ts';
import { ok, problem, warning, type Check } from './check.ts';

const OLD_EDGES = 'old edges';

/** Alerts that are open, and whether they reach somebody. @param channels names of those that are set up. */
export async function checkAlerts(store: Store, channels: readonly string[]): Promise<Check[]> {
  const open = await listAlerts(store, { all: false, limit: 20 });
  const old = open.find(({ kind }) => kind === OLD_EDGES);
  const others = open.filter(({ kind }) => kind !== OLD_EDGES);
  const [{ refused }] = await store.db
    .select({ refused: sql<number>`count(*)` })
    .from(alertNotices)
    .innerJoin(alerts, eq(alerts.id, alertNotices.alertId))
    .where(
      and(
        isNull(alertNotices.takenAt),
        gt(alertNotices.attempts, 1),
        isNull(alerts.resolvedAt),
        ne(alertNotices.channel, ''),
      ),
    );
  const read = '"trimtab alerts" and docs/alerts.md';
  return [
    old === undefined
      ? ok(OLD_EDGES, 'every edge serves what is live')
      : warning(OLD_EDGES, old.message, 'wait for 5 minutes; then look at the Worker’s log'),
    others.length === 0
      ? ok('alerts: open', 'none')
      : warning(
          'alerts: open',
          `${counted(others.length, 'alert')}: ${others
            .map(({ message }) => message)
            .join('; ')
            .slice(0, 400)}`,
          read,
        ),
    channels.length === 0
      ? warning('alerts: sent', 'no channel is set: alerts are only logged', 'docs/alerts.md')
      : refused > 0
        ? problem(
            'alerts: sent',
            `${counted(refused, 'notice')} of open alerts were not taken`,
            '"trimtab alerts test" says why',
          )
        : ok('alerts: sent', `${channels.join(', ')} took what was sent`),
  ];
}
