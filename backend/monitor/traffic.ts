import { sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { schemaList } from '../log/account/counted.ts';

/** What came in within one span of a window, by the log. */
export interface TrafficSpan {
  /** Epoch ms of its beginning. */
  readonly at: number;
  readonly rankings: number;
  /** Of those: answered without live weights or catalogue. */
  readonly degraded: number;
  /** Feedback that arrived. */
  readonly events: number;
  /** Of those, the ones that the account does not count. */
  readonly refused: number;
  /** Rankings that the edge answered and could not log. */
  readonly lost: number;
  /** From the newest entry of a batch to its commit: the median of the span's batches; null without one. */
  readonly lagMs: number | null;
}

export interface Traffic {
  readonly from: number;
  readonly to: number;
  readonly spanMs: number;
  readonly spans: readonly TrafficSpan[];
  /** What edges ranked by within the window: each version that they served, and under which revision of the pointer. */
  readonly served: readonly {
    readonly version: string;
    readonly revision: number | null;
    readonly rankings: number;
    readonly lastAt: number;
  }[];
  /** Why feedback was not counted. */
  readonly refusals: readonly { readonly why: string; readonly events: number }[];
}

/**
 * Counts the log by spans of one length. What is still on its way from the edge is not in it: the last spans grow for as long as
 * batches take.
 * @param to epoch ms, exclusive; the first span begins at a multiple of `spanMs`.
 */
export async function readTraffic(
  { db }: Pick<Store, 'db'>,
  { to, spans, spanMs }: { readonly to: number; readonly spans: number; readonly spanMs: number },
): Promise<Traffic> {
  const first = Math.floor(to / spanMs) - spans + 1;
  const from = first * spanMs;
  const schemas = await schemaList(db);
  const ofDecisions = sql`schemaHash in (${schemas}) and at >= ${from} and at < ${to}`;
  const span = (column: string) => sql.raw(`cast(${column} / ${spanMs} as integer) - ${first}`);
  const [ranked, came, batches, served, refusals] = await Promise.all([
    db.all<{ span: number; rankings: number; degraded: number }>(sql`
      select ${span('at')} as span, count(*) as rankings, sum(degraded) as degraded
      from decisions where ${ofDecisions} group by 1`),
    db.all<{ span: number; events: number; refused: number }>(sql`
      select ${span('receivedAt')} as span, count(*) as events, sum(coalesce(fault, '') <> '') as refused
      from events where receivedAt >= ${from} and receivedAt < ${to} group by 1`),
    db.all<{ span: number; lost: number; lagMs: number | null }>(sql`
      select ${span('committedAt')} as span, lost, lagMs
      from batches where committedAt >= ${from} and committedAt < ${to}`),
    db.all<Traffic['served'][number]>(sql`
      select weights as version, pointerRevision as revision, count(*) as rankings, max(at) as lastAt
      from decisions where ${ofDecisions} group by 1, 2 order by 4 desc limit 20`),
    db.all<Traffic['refusals'][number]>(sql`
      select fault as why, count(*) as events from events
      where receivedAt >= ${from} and receivedAt < ${to} and coalesce(fault, '') <> ''
      group by 1 order by 2 desc limit 20`),
  ]);
  const list = Array.from({ length: spans }, (_, i) => {
    const inSpan = batches.filter((batch) => batch.span === i);
    const lags = inSpan.flatMap(({ lagMs }) => lagMs ?? []).toSorted((a, b) => a - b);
    return {
      at: from + i * spanMs,
      rankings: 0,
      degraded: 0,
      events: 0,
      refused: 0,
      lost: inSpan.reduce((sum, batch) => sum + batch.lost, 0),
      lagMs: lags.length === 0 ? null : lags[Math.floor(lags.length / 2)],
    };
  });
  for (const { span: i, rankings, degraded } of ranked)
    Object.assign(list[i], { rankings, degraded });
  for (const { span: i, events, refused } of came) Object.assign(list[i], { events, refused });
  return { from, to, spanMs, spans: list, served, refusals };
}
