import type { LineageScope } from '../models/lineage-scope.ts';
import { inScope } from '../models/read-scope.ts';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { parseLoggedRequest } from '../../shared/domain/logged-request.ts';
import type { LoggedRequest } from '../science/evaluation/cover.ts';
import { countedRankings } from './account/counted.ts';
import { isLeftOut } from './account/left-out.ts';
import type { Span } from './account/span.ts';

/** A logged request, and who made it. */
export interface SampledRequest extends LoggedRequest {
  /** The user, else the session, by their keyed ids. */
  readonly visitor: string;
}

interface Row {
  readonly visitor: string;
  readonly at: number;
  readonly placement: string;
  readonly limit: number;
  readonly request: string;
}

/**
 * About `size` requests that people made in some spans, in order of time, by the account, which must be up to date. They are
 * selected by the seeds of their rankings, which are random and independent of the request. Rankings without consent do not
 * count, and requests that would be refused today are left out.
 */
export async function readLoggedRequests(
  db: LibSQLDatabase,
  schemaHash: string,
  spans: readonly Span[],
  size: number,
  scope: LineageScope = { except: [] },
): Promise<SampledRequest[]> {
  const within = ({ from, to }: Span) =>
    sql`${countedRankings} d where d.schemaHash = ${schemaHash} and d.at between ${from} and ${to}
      and not (${isLeftOut(sql`d`)}) and ${inScope(scope, sql`d.placement`)}`;
  let count = 0;
  for (const span of spans) {
    const [row] = await db.all<{ count: number }>(
      sql`select count(*) as count from ${within(span)}`,
    );
    count += row.count;
    await nextTurn();
  }
  const every = Math.max(1, Math.floor(count / size));
  const sample: SampledRequest[] = [];
  for (const span of spans) {
    const rows = await db.all<Row>(sql`
      select coalesce(d.userId, d.sessionId) as visitor,
        d.at, d.placement, d."limit", d.request
      from ${within(span)} and d.seed % ${every} = 0 order by d.at, d.rankingId`);
    for (const [i, row] of rows.entries()) {
      const request = parsed(row);
      if (request !== undefined) sample.push({ visitor: row.visitor, at: row.at, request });
      if (i % 100 === 99) await nextTurn();
    }
  }
  return sample;
}

/** Rankings per statement: their ids are sent as one text. */
const CHUNK = 1000;

/** A request as it was ranked. */
export interface RankedRequest {
  readonly request: LoggedRequest['request'];
  /** Hash of the learned columns that its ranking read; null where it read none. */
  readonly learned: string | null;
  /** As `Decision.allowed`; null where the request had neither filters nor exclusions. */
  readonly allowed: number | null;
}

/** The requests of some rankings by ranking id. Those that the log has no more, or that would be refused today, are left out. */
export async function readRequestsOf(
  db: LibSQLDatabase,
  rankingIds: readonly string[],
): Promise<ReadonlyMap<string, RankedRequest>> {
  const found = new Map<string, RankedRequest>();
  for (let from = 0; from < rankingIds.length; from += CHUNK) {
    const ids = JSON.stringify(rankingIds.slice(from, from + CHUNK));
    const rows = await db.all<
      Omit<Row, 'visitor' | 'at'> & Omit<RankedRequest, 'request'> & { readonly rankingId: string }
    >(sql`
      select d.rankingId, d.placement, d."limit", d.request, d.learned, d.allowed from json_each(${ids}) ids
      cross join decisions d on d.rankingId = ids.value`);
    for (const row of rows) {
      const request = parsed(row);
      const { learned, allowed } = row;
      if (request !== undefined) found.set(row.rankingId, { request, learned, allowed });
    }
    await nextTurn();
  }
  return found;
}

function parsed({
  request,
  placement,
  limit,
}: Pick<Row, 'request' | 'placement' | 'limit'>): LoggedRequest['request'] | undefined {
  try {
    return parseLoggedRequest(JSON.parse(request), { placement, limit });
  } catch {
    return undefined;
  }
}
