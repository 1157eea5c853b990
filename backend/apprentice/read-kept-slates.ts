import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Shadow } from '../../shared/domain/decision.ts';
import { clickedIn, countedRankings } from '../log/account/counted.ts';
import type { Span } from '../log/account/span.ts';
import type { KeptSlate } from '../science/evaluation/kept-order/kept-slate.ts';

interface Row {
  readonly rankingId: string;
  readonly at: number;
  readonly sessionId: string;
  readonly userId: string | null;
  readonly version: string;
  readonly schemaHash: string;
  readonly itemIds: string;
  readonly units: ArrayBuffer | Uint8Array;
  readonly codes: ArrayBuffer | Uint8Array;
  readonly shadow: string | null;
  readonly clicked: string;
}

/** More say little more, and each is held whole. */
const MOST = 20_000;
const PAGE = 1000;

/**
 * Rankings in which the site's own order was kept and that count, at some placements, the newest 20,000 of a span, with what was
 * clicked, by the account: bring it up to date first.
 * @param placement undefined: all.
 */
export async function readKeptSlates(
  db: LibSQLDatabase,
  { from, to }: Span,
  placement?: string,
): Promise<KeptSlate[]> {
  const slates: KeptSlate[] = [];
  let before = { at: to + 1, rankingId: '' };
  while (slates.length < MOST) {
    const page = await db.all<Row>(sql`
      select d.rankingId, d.at, d.sessionId, d.userId, d.weights as version, d.schemaHash, d.itemIds,
        d.units, d.codes, d.shadow, ${clickedIn(sql`d`)} as clicked
      from ${countedRankings} d
      where d.siteOrder and d.at >= ${from} and (d.at, d.rankingId) < (${before.at}, ${before.rankingId})
        and ${placement === undefined ? sql`true` : sql`d.placement = ${placement}`}
      order by d.at desc, d.rankingId desc limit ${PAGE}`);
    for (const row of page) slates.push(slateOf(row));
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    before = last;
  }
  return slates.slice(0, MOST).toReversed();
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
    cluster: userId ?? (sessionId || `ranking ${rankingId}`),
    version,
    itemIds,
    units: new Int32Array(new Uint8Array(row.units).buffer),
    alike: itemIds.map(
      (_, slot) => `${schemaHash} ${codes.slice(slot * features, (slot + 1) * features)}`,
    ),
    ...(shadow && { own: shadow.itemIds }),
    clicked: itemIds.map((id) => clicked.has(id)),
  };
}
