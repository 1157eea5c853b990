import { sql } from 'drizzle-orm';
import { EVERYWHERE } from '../../shared/domain/apprentice.ts';
import { schemaList } from '../log/account/counted.ts';
import { readApprenticeSettings } from '../models/apprentice-settings.ts';
import type { Store } from '../store/open.ts';

/** The latest rankings say who is ranked for now; more would take long to read. */
const LATEST = 20_000;
/** One in so many may be somebody who tries something out. */
const ODD = 100;

/**
 * Whether visitors see the site's own order alone, so that no version can do harm: it is kept everywhere and for everybody, and
 * requests name candidates. Those without have no order to keep, and who sends them is ranked for (`orderArmOf`).
 */
export async function ranksForNobody({ db }: Pick<Store, 'db'>): Promise<boolean> {
  const settings = await readApprenticeSettings({ db });
  const isKept =
    settings.some(({ placement }) => placement === EVERYWHERE) &&
    settings.every(({ share }) => share === 0);
  if (!isKept) return false;
  // A version that was asked for by name has no revision: it is a preview.
  const [{ rankings, rankedFor }] = await db.all<{ rankings: number; rankedFor: number }>(sql`
    select count(*) as rankings, coalesce(sum(not siteOrder and pointerRevision is not null
      and request ->> '$.candidates' is null), 0) as rankedFor
    from (select siteOrder, pointerRevision, request from decisions
      where schemaHash in (${await schemaList(db)}) order by at desc limit ${LATEST})`);
  return rankedFor * ODD <= rankings;
}
