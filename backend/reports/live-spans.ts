import { and, asc, desc, gte, lt, sql } from 'drizzle-orm';
import { isVersion } from '../../shared/domain/ids.ts';
import { parsePointer } from '../../shared/domain/pointer.ts';
import type { Store } from '../store/open.ts';
import { audit } from '../store/tables.ts';
import type { Bounds } from './bounds.ts';
import type { LiveSpan } from './report-shape.ts';

/** Which version was the champion at what time, according to the copies of the pointer in the audit log. */
export async function liveSpans(store: Store, { from, to }: Bounds): Promise<LiveSpan[]> {
  const moved = sql`json_extract(${audit.details}, '$.text') is not null`;
  const [before] = await store.db
    .select()
    .from(audit)
    .where(and(lt(audit.at, from), moved))
    .orderBy(desc(audit.id))
    .limit(1);
  const during = await store.db
    .select()
    .from(audit)
    .where(and(gte(audit.at, from), lt(audit.at, to), moved))
    .orderBy(asc(audit.id));
  const spans: LiveSpan[] = [];
  for (const { at, actor, action, details } of [...(before ? [before] : []), ...during]) {
    // A long text was cut off; a pointer with lineages besides the default one says its champion beside it.
    const champion = parsePointer(String(details.text))?.champion ?? details.champion;
    const last = spans.at(-1);
    if (!isVersion(champion) || champion === last?.version) continue;
    const since = Math.max(at, from);
    if (last !== undefined) spans[spans.length - 1] = { ...last, to: since };
    spans.push({ version: champion, from: since, to, by: actor, action });
  }
  return spans;
}
