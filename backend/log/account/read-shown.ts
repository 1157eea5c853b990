import { and, asc, eq, gt, inArray, lte, sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { NO_SESSION } from '../../../shared/domain/ids.ts';
import {
  BOOKED,
  CLICKED,
  type ShownItems,
} from '../../science/evaluation/item-rates/shown-items.ts';
import { decisions, events } from '../../store/tables.ts';
import { rankingCounts } from './counted.ts';
import { isLeftOut } from './left-out.ts';
import { schemasWithRankings } from './log-mark.ts';
import { notShown } from './not-shown.ts';
import type { Span } from './span.ts';

const PAGE = 2000;
const DID: Readonly<Record<string, number>> = { click: CLICKED, booking: BOOKED };

/**
 * What people were shown in a span and what they did with it, under all schemas, as far as the account counts it. Left out are
 * rankings whose items only a browser vouches for and those that no page showed, as nothing is learned of them, and those without consent to measure, as nobody
 * could say that they are not all of one person.
 *
 * A session of one user is that user's, and so all of theirs are one person; one of several users, or of none, is a person of its
 * own. So neither many sessions of a user nor many users in a session are many people.
 * @param most rankings to read of each schema: the latest ones.
 */
export async function readShown(db: LibSQLDatabase, span: Span, most: number): Promise<ShownItems> {
  const [items, sessions, users] = [new Numbers(), new Numbers(), new Numbers()];
  const read: { at: number; session: number; user: number; first: number; rows: number }[] = [];
  const [item, slot, did]: [number[], number[], number[]] = [[], [], []];
  const from = await startOf(db, span, most);
  for (const hash of await schemasWithRankings(db))
    for await (const { at, sessionId, userId, itemIds, pinned, pageOffset, done } of rankingsOf(
      db,
      hash,
      {
        ...span,
        from,
      },
    )) {
      const first = item.length;
      for (const [own, id] of itemIds.entries()) {
        if (pinned?.[own] === 1) continue;
        item.push(items.of(id));
        slot.push((pageOffset ?? 0) + own);
        did.push(done?.get(id) ?? 0);
      }
      read.push({
        at,
        session: sessions.of(sessionId),
        user: userId === null ? NOBODY : users.of(userId),
        first,
        rows: item.length - first,
      });
    }
  // Each schema's are in order.
  read.sort((a, b) => a.at - b.at);
  const starts = new Uint32Array(read.length + 1);
  read.forEach(({ rows }, i) => (starts[i + 1] = starts[i] + rows));
  const rows = starts[read.length];
  const ordered = {
    item: new Uint32Array(rows),
    slot: new Uint16Array(rows),
    did: new Uint8Array(rows),
  };
  read.forEach(({ first, rows: own }, i) => {
    for (let row = 0; row < own; row++) {
      ordered.item[starts[i] + row] = item[first + row];
      ordered.slot[starts[i] + row] = slot[first + row];
      ordered.did[starts[i] + row] = did[first + row];
    }
  });
  return {
    items: items.keys(),
    at: Float64Array.from(read, ({ at }) => at),
    person: personsOf(read, sessions.keys().length),
    starts,
    ...ordered,
  };
}

const NOBODY = -1;

/** Numbers keys in the order in which they are met. */
class Numbers {
  readonly #numbers = new Map<string, number>();

  of(key: string): number {
    let number = this.#numbers.get(key);
    if (number === undefined) this.#numbers.set(key, (number = this.#numbers.size));
    return number;
  }

  keys(): string[] {
    return [...this.#numbers.keys()];
  }
}

interface Ranking {
  readonly at: number;
  readonly sessionId: string;
  readonly userId: string | null;
  readonly itemIds: readonly string[];
  /** 1 where a slot was pinned; null where none was. */
  readonly pinned: Uint8Array | null;
  /** How many items the pages above hold; null on a first page. */
  readonly pageOffset: number | null;
  /** By item id; absent where nothing was done. */
  readonly done?: ReadonlyMap<string, number>;
}

/** From when on there are at most so many rankings of each schema. */
async function startOf(db: LibSQLDatabase, { from, to }: Span, most: number): Promise<number> {
  const times: number[] = [];
  for (const hash of await schemasWithRankings(db)) {
    const [row] = await db.all<{ at: number }>(sql`
      select at from decisions where schemaHash = ${hash} and at between ${from} and ${to}
      order by at desc limit 1 offset ${most}`);
    if (row !== undefined) times.push(row.at + 1);
  }
  return Math.max(from, ...times);
}

async function* rankingsOf(
  db: LibSQLDatabase,
  schemaHash: string,
  span: Span,
): AsyncGenerator<Ranking> {
  let after = { at: span.from, rankingId: '' };
  for (;;) {
    const page = await db
      .select({
        rankingId: decisions.rankingId,
        at: decisions.at,
        sessionId: decisions.sessionId,
        userId: decisions.userId,
        itemIds: decisions.itemIds,
        pinned: decisions.pinned,
        pageOffset: decisions.pageOffset,
        learns: sql<number>`(${rankingCounts(sql`decisions`)} and ${decisions.itemSource} is not 'browser' and not (${isLeftOut(sql`decisions`)})
          and not ${sql.raw(notShown('decisions'))})`,
      })
      .from(decisions)
      .where(
        and(
          eq(decisions.schemaHash, schemaHash),
          lte(decisions.at, span.to),
          gt(
            sql`(${decisions.at}, ${decisions.rankingId})`,
            sql`(${after.at}, ${after.rankingId})`,
          ),
        ),
      )
      .orderBy(asc(decisions.at), asc(decisions.rankingId))
      .limit(PAGE);
    const last = page.at(-1);
    if (last === undefined) return;
    const counted = page.filter(({ sessionId, learns }) => learns && sessionId !== NO_SESSION);
    const done = await whatWasDone(
      db,
      counted.map(({ rankingId }) => rankingId),
    );
    for (const ranking of counted) yield { ...ranking, done: done.get(ranking.rankingId) };
    if (page.length < PAGE) return;
    after = last;
  }
}

/** By ranking, then by item. */
async function whatWasDone(db: LibSQLDatabase, rankingIds: readonly string[]) {
  const rows = await db
    .selectDistinct({ rankingId: events.rankingId, itemId: events.itemId, type: events.type })
    .from(events)
    .where(
      and(
        sql`${events.rankingId} in (select value from json_each(${JSON.stringify(rankingIds)}))`,
        inArray(events.type, ['click', 'booking']),
        eq(events.fault, ''),
      ),
    );
  const done = new Map<string, Map<string, number>>();
  for (const { rankingId, itemId, type } of rows) {
    if (itemId === null) continue;
    const ofRanking = done.get(rankingId) ?? new Map<string, number>();
    done.set(rankingId, ofRanking.set(itemId, (ofRanking.get(itemId) ?? 0) | DID[type]));
  }
  return done;
}

/** The number of the person of each ranking: of a user behind those of sessions. */
function personsOf(
  rankings: readonly { readonly session: number; readonly user: number }[],
  sessions: number,
): Uint32Array {
  const several = -2;
  const userOf = new Int32Array(sessions).fill(NOBODY);
  for (const { session, user } of rankings)
    if (user !== NOBODY)
      userOf[session] = [NOBODY, user].includes(userOf[session]) ? user : several;
  return Uint32Array.from(rankings, ({ session }) =>
    userOf[session] < 0 ? session : sessions + userOf[session],
  );
}
