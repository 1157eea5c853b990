import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { countedEvents } from '../log/account/counted.ts';
import {
  interleavingStatistic,
  type InterleavingStatistic,
} from '../science/experiment/interleaving.ts';
import { isInScope, unitOf, unitsTable, type Scope } from './exposed-units.ts';

interface Click {
  readonly unit: string;
  readonly itemIds: string;
  readonly teams: Uint8Array;
  readonly itemId: string;
}

/**
 * Clicked items per unit and arm in interleaved slates: a clicked item counts 1 for the arm that put it there, however often
 * it was clicked in that ranking. The control is the first arm.
 * Units that clicked nothing have 0 and 0.
 */
export async function collectInterleaving(
  db: LibSQLDatabase,
  scope: Scope,
): Promise<InterleavingStatistic> {
  const units = await db.all<{ unit: string }>(
    sql`with ${unitsTable(scope)} select unit from units where not refused order by unit`,
  );
  const credits = new Map(units.map(({ unit }) => [unit, { control: 0, treatment: 0 }]));
  const clicks = await db.all<Click>(sql`
    select distinct x.${unitOf(scope)} as unit, d.itemIds, d.teams, e.itemId, d.rankingId
    from exposures x
    cross join decisions d on d.rankingId = x.rankingId
    cross join ${countedEvents} e on e.rankingId = x.rankingId
    where x.experiment = ${scope.experiment} and ${isInScope(sql`x`, scope)}
      and d.teams is not null and e.type = 'click'
      ${scope.revisions === undefined ? sql`and e.receivedAt <= ${scope.to}` : sql``}`);
  for (const { unit, itemIds, teams, itemId } of clicks) {
    const credit = credits.get(unit);
    const slot = (JSON.parse(itemIds) as string[]).indexOf(itemId);
    if (credit === undefined || slot < 0) continue;
    // What was pinned neither of them chose.
    const team = new Uint8Array(teams)[slot];
    if (team === 0) credit.control++;
    else if (team === 1) credit.treatment++;
  }
  return interleavingStatistic(credits.values());
}
