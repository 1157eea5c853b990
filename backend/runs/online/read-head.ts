import { LEARNED, type ReadMark, type Seen } from '../../log/account/mark.ts';
import { readJson } from '../../store/read-text.ts';
import type { Store } from '../../store/open.ts';
import type { LearnedMark, LearnerRow } from './learner-rows.ts';

/** How things stand for an arm when a turn begins. */
export interface Head extends ReadMark<LearnedMark> {
  /** Of what was learned; undefined where there is nothing. */
  readonly stop?: Pick<LearnerRow, 'stoppedAt' | 'why'>;
  /** The last rows of the log. */
  readonly ends: { readonly decisions: Seen | null; readonly events: Seen | null };
  /** When the newest entry of the log came in, by the edge's clock; undefined of an empty log. */
  readonly logMs: number | undefined;
}

/** As one statement, since most turns ask for nothing else. The last part is as `newestEntry`. */
const HEAD = `select json_array(
  (select value from log_marks where name = ?1),
  json((select json_object('stoppedAt', stoppedAt, 'why', why) from online_learning where arm = ?2)),
  json((select json_object('rowid', rowid, 'key', rankingId) from decisions order by rowid desc limit 1)),
  json((select json_object('rowid', rowid, 'key', eventId) from events order by rowid desc limit 1)),
  (with recursive known(hash) as (
      select min(schemaHash) from decisions
      union all
      select (select min(schemaHash) from decisions where schemaHash > hash) from known
      where hash is not null)
    select max(at) from (
      select max(receivedAt) as at from events where receivedAt <= ?3
      union all
      select (select max(at) from decisions where schemaHash = hash and at <= ?3) from known)))`;

export async function readHead(
  { db }: Pick<Store, 'db'>,
  arm: string,
  nowMs: number,
): Promise<Head> {
  const [text, stop, decisions, events, logMs] = await readJson<
    [string | null, Head['stop'] | null, Seen | null, Seen | null, number | null]
  >(db, HEAD, [LEARNED + arm, arm, nowMs]);
  return {
    ...(text !== null && { text, mark: JSON.parse(text) as LearnedMark }),
    ...(stop !== null && { stop }),
    ends: { decisions, events },
    logMs: logMs ?? undefined,
  };
}
