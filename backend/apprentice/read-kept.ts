import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Shadow } from '../../shared/domain/decision.ts';
import { floorToDay } from '../../shared/domain/utc-day.ts';
import { clickedIn, countedRankings, schemaList } from '../log/account/counted.ts';
import type { Span } from '../log/account/span.ts';
import { int32sOf, type StoredBytes } from '../store/stored-bytes.ts';
import type { KeptSlate } from '../science/evaluation/kept-order/kept-slate.ts';

interface Row {
  readonly rankingId: string;
  readonly at: number;
  readonly sessionId: string;
  readonly userId: string | null;
  readonly version: string;
  readonly schemaHash: string;
  readonly itemIds: string;
  readonly units: StoredBytes;
  readonly codes: StoredBytes;
  readonly shadow: string | null;
  readonly clicked: string;
}

/** More say little more, and each is held whole. */
const MOST = 20_000;

/** How many rankings of people there were, and in how many of them the site's own order was kept. */
export interface KeptCounts {
  readonly all: number;
  readonly kept: number;
}

export interface KeptLog extends KeptCounts {
  /** The newest 20,000 that were kept, in order of time. */
  readonly slates: readonly KeptSlate[];
}

/**
 * What the site's own order came to in a span, at a placement (undefined: at all), by the account: bring it up to date first. One
 * read per day, so that none holds back the writer for long.
 */
export async function readKept(
  db: LibSQLDatabase,
  { from, to }: Span,
  placement?: string,
): Promise<KeptLog> {
  const slates: KeptSlate[] = [];
  let [all, kept] = [0, 0];
  const schemas = await schemaList(db);
  for (let end = to; end >= from; end = floorToDay(end) - 1) {
    const start = Math.max(from, floorToDay(end));
    const asked = sql`d.schemaHash in (${schemas}) and d.at between ${start} and ${end}
      and ${placement === undefined ? sql`true` : sql`d.placement = ${placement}`}`;
    const [counts] = await db.all<KeptCounts>(sql`
      select count(*) as "all", coalesce(sum(d.siteOrder), 0) as kept
      from ${countedRankings} d where ${asked}`);
    all += counts.all;
    kept += counts.kept;
    if (counts.kept === 0 || slates.length >= MOST) continue;
    const rows = await db.all<Row>(sql`
      select d.rankingId, d.at, d.sessionId, d.userId, d.weights as version, d.schemaHash, d.itemIds,
        d.units, d.codes, d.shadow, ${clickedIn(sql`d`)} as clicked
      from ${countedRankings} d where d.siteOrder and ${asked}
      order by d.at desc, d.rankingId desc limit ${MOST - slates.length}`);
    for (const row of rows) slates.push(slateOf(row));
  }
  return { all, kept, slates: slates.toReversed() };
}

function slateOf(row: Row): KeptSlate {
  const { at, sessionId, userId, rankingId, version, schemaHash } = row;
  const itemIds = JSON.parse(row.itemIds) as string[];
  const shadow = row.shadow === null ? undefined : (JSON.parse(row.shadow) as Shadow);
  const clicked = new Set(JSON.parse(row.clicked) as string[]);
  const codes = Buffer.from(new Uint8Array(row.codes)).toString('latin1');
  const features = itemIds.length === 0 ? 0 : codes.length / itemIds.length;
  return {
    at,
    // Who did not consent is nobody in particular: each ranking stands for itself.
    sessionId: sessionId || `ranking ${rankingId}`,
    userId,
    version,
    itemIds,
    units: int32sOf(row.units),
    alike: itemIds.map(
      (_, slot) => `${schemaHash} ${codes.slice(slot * features, (slot + 1) * features)}`,
    ),
    ...(shadow && { own: shadow.itemIds }),
    clicked: itemIds.map((id) => clicked.has(id)),
  };
}
