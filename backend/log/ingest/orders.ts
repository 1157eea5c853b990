import { sql } from 'drizzle-orm';
import type { ItemId, RankingId, SessionId, UserId } from '../../../shared/domain/ids.ts';
import type { OrderKind } from '../../store/tables.ts';
import type { Store } from '../../store/open.ts';
import { insertRows, NOT_DELETED } from '../../store/insert-rows.ts';
import { deleteLateSessions } from '../retention/delete-late-sessions.ts';

export const ORDER_KINDS = ['booking', 'refund', 'cancellation'] as const satisfies OrderKind[];

/** What is said of an order at one time. */
export interface OrderLine {
  readonly lineId: string;
  readonly orderId: string;
  readonly kind: OrderKind;
  /** What the order is worth from then on. */
  readonly value?: number;
  /** Epoch ms. */
  readonly at: number;
  readonly rankingId?: RankingId;
  readonly itemId?: ItemId;
  readonly sessionId?: SessionId;
  readonly userId?: UserId;
}

const COLUMNS = [
  'lineId',
  'orderId',
  'kind',
  'value',
  'at',
  'receivedAt',
  'rankingId',
  'itemId',
  'sessionId',
  'userId',
] as const;

/** Why a line was not stored, or whether it was before. */
export type LineStored =
  | 'stored'
  /** It came before, and said the same. */
  | 'known'
  /** Another line has its id: nothing of this one is stored. */
  | 'conflict'
  /** It is dated later than now. */
  | 'in_the_future'
  /** It names a person whose data were erased. */
  | 'deleted_person';

/** A moment by a clock that is not quite this one's. */
const AHEAD_MS = 60_000;

/** Stores lines of orders, each once by its id. @returns of each line what came of it. */
export async function recordOrderLines(
  store: Store,
  given: readonly OrderLine[],
  nowMs: number,
): Promise<LineStored[]> {
  const cells = (line: OrderLine) => [
    line.lineId,
    line.orderId,
    line.kind,
    line.value ?? null,
    line.at,
    nowMs,
    line.rankingId ?? null,
    line.itemId ?? null,
    line.sessionId ?? null,
    line.userId ?? null,
  ];
  const isFuture = ({ at }: OrderLine) => at > nowMs + AHEAD_MS;
  const before = await storedLines(store, given);
  await store.write(
    insertRows({
      table: 'order_lines',
      columns: COLUMNS,
      rows: given.filter((line) => !isFuture(line)).map(cells),
      where: NOT_DELETED,
    }),
  );
  await deleteLateSessions(store, given, nowMs);
  const after = await storedLines(store, given);
  const seen = new Set<string>();
  return given.map((line): LineStored => {
    if (isFuture(line)) return 'in_the_future';
    const stored = after.get(line.lineId);
    if (stored === undefined) return 'deleted_person';
    if (stored !== said(line)) return 'conflict';
    const isKnown = before.has(line.lineId) || seen.has(line.lineId);
    seen.add(line.lineId);
    return isKnown ? 'known' : 'stored';
  });
}

/** Without whom it names, as the key of ids may have changed since. */
const said = ({ orderId, kind, value, at, rankingId, itemId }: OrderLine): string =>
  JSON.stringify([orderId, kind, value ?? null, at, rankingId ?? null, itemId ?? null]);

type StoredLine = Pick<OrderLine, 'lineId' | 'orderId' | 'kind' | 'at'> & {
  readonly value: number | null;
  readonly rankingId: RankingId | null;
  readonly itemId: ItemId | null;
};

async function storedLines(
  { db }: Store,
  given: readonly OrderLine[],
): Promise<ReadonlyMap<string, string>> {
  const ids = JSON.stringify(given.map(({ lineId }) => lineId));
  const rows = await db.all<StoredLine>(sql`
    select lineId, orderId, kind, value, at, rankingId, itemId from order_lines
    where lineId in (select value from json_each(${ids}))`);
  return new Map(
    rows.map((row) => [
      row.lineId,
      JSON.stringify([row.orderId, row.kind, row.value, row.at, row.rankingId, row.itemId]),
    ]),
  );
}

/** What became of an order. */
export interface OrderState {
  readonly orderId: string;
  readonly currentLine: string;
  readonly rankingId: string | null;
  readonly itemId: string | null;
  readonly by: 'order' | 'ranking' | 'user' | 'session' | null;
  readonly why: string | null;
}

export async function orderStates(
  { db }: Pick<Store, 'db'>,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, OrderState>> {
  const rows = await db.all<OrderState>(sql`
    select orderId, currentLine, creditedRanking as rankingId, creditedItem as itemId, creditedBy as "by", why
    from orders where orderId in (select value from json_each(${JSON.stringify(orderIds)}))`);
  return new Map(rows.map((row) => [row.orderId, row]));
}
