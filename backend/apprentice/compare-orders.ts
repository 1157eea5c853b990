import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { apprenticeExperiment, SITE_ARM, TRIMTAB_ARM } from '../../shared/domain/apprentice.ts';
import { clickedIn, countedExposures } from '../log/account/counted.ts';
import { effectOf } from '../science/statistics/effect.ts';
import { relativeInterval, type OpenInterval } from '../science/statistics/relative-interval.ts';
import { sequentialReach } from '../science/statistics/sequential-test.ts';
import { sequentialSrm } from '../science/statistics/sequential-srm.ts';
import { ratioStatistic } from '../science/statistics/statistics.ts';

/** One of the two orders, as its sessions were shown it. */
interface OrderTotals {
  readonly sessions: number;
  readonly rankings: number;
  /** Items that were clicked in their rankings, each once. */
  readonly clicks: number;
}

/** What visitors did who were split between the two orders by one change of the share. */
export interface OrderComparison {
  readonly change: number;
  readonly share: number;
  readonly site: OrderTotals;
  readonly trimtab: OrderTotals;
  /** Clicks per ranking, Trimtab's over the site's, relative, with its always-valid 95 % interval; or why there is none. */
  readonly lift: ({ readonly mean: number } & OpenInterval) | { readonly missing: string };
  /** The sizes of the two do not match the share: nothing of this can be trusted. */
  readonly mismatch: boolean;
}

const MINIMUM_PER_ARM = 100;
const ALPHA = 0.05;

/**
 * The sessions of both orders under a change. Each change of the share is compared by itself, as days differ, and what is compared
 * when the share is chosen by what was seen before would not be the same visitors. The interval may be read every day.
 */
export async function compareOrders(
  db: LibSQLDatabase,
  { change, share }: { readonly change: number; readonly share: number },
): Promise<OrderComparison> {
  const rows = await db.all<{ arm: string; rankings: number; clicks: number }>(sql`
    select arm, count(*) as rankings, sum(clicks) as clicks from (
      select x.sessionId, x.arm, json_array_length(${clickedIn(sql`x`)}) as clicks
      from ${countedExposures} x where x.experiment = ${apprenticeExperiment(change)})
    group by sessionId, arm`);
  const [site, trimtab] = [SITE_ARM, TRIMTAB_ARM].map((arm) => {
    const own = rows.filter((row) => row.arm === arm);
    return { clicks: own.map((row) => row.clicks), rankings: own.map((row) => row.rankings) };
  });
  const [control, treatment] = [site, trimtab].map(({ clicks, rankings }) =>
    ratioStatistic(clicks, rankings),
  );
  const effect = effectOf(control, treatment, {
    difference: 'relative',
    minimumPerArm: MINIMUM_PER_ARM,
    hypothesis: 0,
  });
  const sizes = sequentialSrm([trimtab.rankings.length, site.rankings.length], [share, 1 - share]);
  return {
    change,
    share,
    site: totalsOf(site),
    trimtab: totalsOf(trimtab),
    lift:
      effect.kind === 'effect'
        ? {
            mean: effect.estimate,
            ...relativeInterval(effect, sequentialReach(effect.n, ALPHA)),
          }
        : { missing: effect.message },
    mismatch: sizes.kind === 'srm' && sizes.mismatch,
  };
}

const totalsOf = ({ clicks, rankings }: Record<'clicks' | 'rankings', number[]>): OrderTotals => ({
  sessions: rankings.length,
  rankings: sum(rankings),
  clicks: sum(clicks),
});

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
