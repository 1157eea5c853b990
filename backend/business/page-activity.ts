import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { wilson, type Proportion } from '../science/statistics/wilson.ts';
import { servedByDay } from './served.ts';

/** Parts of the page in which the scroll curve is read. */
const STEPS = 20;

/** A visit is what one visitor did on one day: whoever moves a pointer for an hour counts as much as who looked for a minute. */
export interface PageActivity {
  /** The placement that the rest is of; undefined where nothing was reported in any. */
  readonly placement?: string;
  /** All placements that something was reported of, the one with most visits first. */
  readonly placements: readonly { readonly placement: string; readonly visits: number }[];
  readonly pointer: {
    readonly visits: number;
    /** Cells in which a pointer was, row by row from the top left. */
    readonly cells: readonly PointerCell[];
  };
  readonly scroll: {
    readonly visits: number;
    /** From the top of the page to its end; empty without visits. */
    readonly reached: readonly ({ readonly depth: number } & Proportion)[];
  };
}

export interface PointerCell {
  /** Column from the left and row from the top, 0 to 9. */
  readonly x: number;
  readonly y: number;
  /** Of the pointer activity of an average visit, 0 to 1: the mean over visits of the cell's share of the visit. */
  readonly share: number;
  /** Visits in which the pointer was there at all. */
  readonly visits: number;
}

interface Served {
  readonly served: SQL;
  readonly placement: string;
}

/**
 * Where on the page people had the pointer, and how far down they came, in one placement: other placements are other pages.
 * @param to exclusive, epoch ms as `from`. @param wanted a placement; by default the one that most visits are of.
 */
export async function pageActivity(
  db: LibSQLDatabase,
  { from, to }: { readonly from: number; readonly to: number },
  wanted?: string,
): Promise<PageActivity> {
  const counts = new Map<string, number>();
  for await (const served of servedByDay(db, from, to))
    for (const { placement, visits } of await visitsByPlacement(db, served))
      counts.set(placement, (counts.get(placement) ?? 0) + visits);
  const placements = [...counts]
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([placement, visits]) => ({ placement, visits }));
  const placement = wanted ?? placements[0]?.placement;
  const cells = new Map<string, { visits: number; sum: number }>();
  const depths = new Float64Array(101);
  if (placement !== undefined)
    for await (const served of servedByDay(db, from, to)) {
      for (const { cell, visits, sum } of await pointerCells(db, { served, placement })) {
        const before = cells.get(cell) ?? { visits: 0, sum: 0 };
        cells.set(cell, { visits: before.visits + visits, sum: before.sum + sum });
      }
      for (const { depth, visits } of await deepest(db, { served, placement }))
        depths[depth] += visits;
    }
  // The shares of one visit come to 1.
  const visits = Math.round([...cells.values()].reduce((all, { sum }) => all + sum, 0));
  return {
    ...(placement !== undefined && { placement }),
    placements,
    pointer: {
      visits,
      cells: [...cells]
        .map(([cell, found]) => ({
          x: Number(cell[0]),
          y: Number(cell[2]),
          share: found.sum / visits,
          visits: found.visits,
        }))
        .toSorted((a, b) => a.y - b.y || a.x - b.x),
    },
    scroll: curveOf(depths),
  };
}

function curveOf(depths: Float64Array): PageActivity['scroll'] {
  const visits = depths.reduce((all, n) => all + n, 0);
  if (visits === 0) return { visits, reached: [] };
  const percents = Array.from({ length: STEPS + 1 }, (_, i) => (i * 100) / STEPS);
  return {
    visits,
    reached: percents.map((percent) => ({
      depth: percent / 100,
      ...wilson(
        depths.subarray(percent).reduce((all, n) => all + n, 0),
        visits,
      ),
    })),
  };
}

const visitsByPlacement = (db: LibSQLDatabase, served: SQL) =>
  db.all<{ placement: string; visits: number }>(sql`
    select r.placement, count(distinct r.visitor) as visits
    from ${served} r cross join events e on e.rankingId = r.rankingId
    where e.fault = '' and e.type in ('pointer_activity', 'scroll_depth')
    group by 1`);

/**
 * What each cell got of each visit, added up. A cell is compared inside the query and leaves it only where it is one: a text of
 * something else, from before the edge refused it, may be no valid UTF-8.
 */
const pointerCells = (db: LibSQLDatabase, { served, placement }: Served) =>
  db.all<{ cell: string; visits: number; sum: number }>(sql`
    select cell, count(*) as visits, sum(own / total) as sum
    from (select cell, own, sum(own) over (partition by visitor) as total
      from (select r.visitor, e.properties ->> '$.cell' as cell, 1.0 * sum(coalesce(e.value, 1)) as own
        from ${served} r cross join events e on e.rankingId = r.rankingId
        where r.placement = ${placement} and e.fault = '' and e.type = 'pointer_activity'
          and e.properties ->> '$.cell' glob '[0-9],[0-9]' and coalesce(e.value, 1) > 0
        group by 1, 2))
    group by cell`);

/** How many visits came how far, in whole percent of the page. */
const deepest = (db: LibSQLDatabase, { served, placement }: Served) =>
  db.all<{ depth: number; visits: number }>(sql`
    select depth, count(*) as visits
    from (select cast(round(100 * max(e.value)) as integer) as depth
      from ${served} r cross join events e on e.rankingId = r.rankingId
      where r.placement = ${placement} and e.fault = '' and e.type = 'scroll_depth'
        and e.value between 0 and 1
      group by r.visitor)
    group by depth`);
