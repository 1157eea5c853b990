import type { EventType } from '../../../shared/domain/event.ts';
import { readItemId, type ItemId } from '../../../shared/domain/ids.ts';
import { MAX_LIMIT } from '../../../shared/domain/rank-request.ts';
import { parseMoment } from '../../../shared/domain/moment.ts';
import { sha256Hex } from '../../../shared/hash/sha256.ts';
import type { LogMapping } from './log-mapping.ts';
import { textAt, valuesAt } from './values-at.ts';

export interface LoggedAction {
  readonly type: EventType;
  readonly itemId: ItemId;
  /** Epoch ms. */
  readonly at: number;
}

/** What somebody was shown, in its order, and what they did with it. */
export interface LoggedRanking {
  readonly sessionId: string;
  readonly userId?: string;
  readonly at: number;
  readonly itemIds: readonly ItemId[];
  readonly actions: LoggedAction[];
}

export interface LoggedRankings {
  /** In order of time. */
  readonly rankings: readonly LoggedRanking[];
  /** Actions with items of which the log does not say that they were shown. */
  readonly unmatched: number;
  /** Rows that the mapping says nothing of, or that lack what it needs. */
  readonly unread: number;
}

/** So many of a session's latest lists may still be clicked. */
const LATEST_LISTS = 20;

interface Moment {
  readonly row: unknown;
  readonly at: number;
  readonly session: string;
  readonly user?: string;
}

/** The rankings in the rows of a log, with the actions that belong to them. */
export function loggedRankings(rows: Iterable<unknown>, mapping: LogMapping): LoggedRankings {
  const moments: Moment[] = [];
  let unread = 0;
  for (const row of rows) {
    const moment = momentOf(row, mapping);
    if (moment === undefined) unread++;
    else moments.push(moment);
  }
  moments.sort((a, b) => a.at - b.at);
  const found = rankingsOf(moments, mapping);
  return { ...found, unread: unread + found.unread };
}

function rankingsOf(moments: readonly Moment[], mapping: LogMapping): LoggedRankings {
  if (mapping.sittings !== undefined) return ofSittings(moments, mapping.sittings);
  if (mapping.impressions === undefined) return ofLists(moments, mapping);
  return ofLists(...listsOf(moments, mapping, mapping.impressions));
}

/** Where rows that are made of impressions hold what they are made of. */
const MADE = 'of impressions';

/** Impressions as rows that say what one list showed, and what was done with items of it. */
function listsOf(
  moments: readonly Moment[],
  { actions }: LogMapping,
  { where, list, item, position, acted }: NonNullable<LogMapping['impressions']>,
): [Moment[], Pick<LogMapping, 'shown' | 'actions'>] {
  const [isShown, others] = [new Map<string, Moment[]>(), [] as Moment[]];
  for (const moment of moments) {
    if (!isAmong(moment.row, where)) {
      others.push(moment);
      continue;
    }
    const named = list.map((path) => textAt(moment.row, path) ?? '');
    const key = JSON.stringify([moment.session, ...named]);
    const before = isShown.get(key);
    if (before === undefined) isShown.set(key, [moment]);
    else before.push(moment);
  }
  const made = [...isShown.values()].flatMap((own) => {
    const placeOf = ({ row }: Moment) =>
      position === undefined ? 0 : Number(textAt(row, position) ?? Number.MAX_SAFE_INTEGER);
    const shown = own.toSorted((a, b) => placeOf(a) - placeOf(b));
    const id = list.map((path) => textAt(own[0].row, path) ?? '').join(' ');
    const idOf = list.length === 1 ? id : JSON.stringify([own[0].session, id]);
    const items = shown.flatMap(({ row }) => valuesAt(row, item));
    const whole: Moment = { ...own[0], row: { [MADE]: { kind: 'list', id: idOf, items } } };
    const done = acted.flatMap(({ where: wanted, type }) =>
      own
        .filter(({ row }) => isAmong(row, wanted))
        .map((moment): Moment => ({
          ...moment,
          row: { [MADE]: { kind: type, id: idOf, items: valuesAt(moment.row, item) } },
        })),
    );
    return [whole, ...done];
  });
  const ofRow = acted.map(({ type }) => ({
    where: { [`${MADE}.kind`]: type },
    items: `${MADE}.items`,
    ranking: `${MADE}.id`,
    type,
  }));
  return [
    [...made, ...others].toSorted((a, b) => a.at - b.at),
    {
      shown: { where: { [`${MADE}.kind`]: 'list' }, id: `${MADE}.id`, items: `${MADE}.items` },
      actions: [...ofRow, ...actions],
    },
  ];
}

function momentOf(row: unknown, { at, session, user }: LogMapping): Moment | undefined {
  const time = timeOf(textAt(row, at.path), at.unit);
  const who = session.map((path) => textAt(row, path)).find((one) => one !== undefined);
  if (time === undefined || who === undefined) return undefined;
  const userId = user === undefined ? undefined : textAt(row, user);
  return { row, at: time, session: who, ...(userId !== undefined && { user: userId }) };
}

const PER_MS = { s: 1 / 1000, ms: 1, us: 1000 };

function timeOf(text: string | undefined, unit: LogMapping['at']['unit']): number | undefined {
  if (text === undefined) return undefined;
  try {
    return parseMoment(unit === 'iso' ? text : Number(text) / PER_MS[unit], 'a moment');
  } catch {
    return undefined;
  }
}

/** Ids of a log may name people, such as addresses of e-mail; which they are is of no use here. */
const keyed = (id: string): string => sha256Hex(id).slice(0, 32);

const rankingOf = ({ session, user, at }: Moment, itemIds: readonly ItemId[]): LoggedRanking => ({
  sessionId: keyed(session),
  ...(user !== undefined && { userId: keyed(user) }),
  at,
  itemIds,
  actions: [],
});

const isAmong = (row: unknown, where: Readonly<Record<string, string | readonly string[]>>) =>
  Object.entries(where).every(([path, wanted]) => {
    const text = textAt(row, path);
    return text !== undefined && [wanted].flat().includes(text);
  });

function itemsAt(row: unknown, path: string): ItemId[] {
  const ids = valuesAt(row, path).flatMap((value): ItemId[] => {
    try {
      return [readItemId(value)];
    } catch {
      return [];
    }
  });
  return [...new Set(ids)];
}

function ofLists(
  moments: readonly Moment[],
  { shown, actions }: Pick<LogMapping, 'shown' | 'actions'>,
): LoggedRankings {
  const rankings: LoggedRanking[] = [];
  const byId = new Map<string, LoggedRanking>();
  const bySession = new Map<string, LoggedRanking[]>();
  let [unmatched, unread] = [0, 0];
  for (const moment of moments) {
    const { row, session, at } = moment;
    if (isAmong(row, shown!.where)) {
      const ranking = rankingOf(moment, itemsAt(row, shown!.items).slice(0, MAX_LIMIT));
      if (ranking.itemIds.length === 0) {
        unread++;
        continue;
      }
      rankings.push(ranking);
      const id = shown!.id === undefined ? undefined : textAt(row, shown!.id);
      if (id !== undefined) byId.set(id, ranking);
      bySession.set(session, [ranking, ...(bySession.get(session) ?? [])].slice(0, LATEST_LISTS));
      continue;
    }
    const action = actions.find((one) => isAmong(row, one.where));
    if (action === undefined) {
      unread++;
      continue;
    }
    for (const itemId of itemsAt(row, action.items)) {
      const named = action.ranking === undefined ? undefined : textAt(row, action.ranking);
      const ranking =
        named === undefined
          ? bySession.get(session)?.find((one) => one.itemIds.includes(itemId))
          : byId.get(named);
      if (ranking?.itemIds.includes(itemId) === true)
        ranking.actions.push({ type: action.type, itemId, at });
      else unmatched++;
    }
  }
  return { rankings, unmatched, unread };
}

const MINUTE_MS = 60_000;

/**
 * Lists of what one user rated without a longer pause. In which order they were seen is not known, so they are brought into one
 * that says nothing: by a hash.
 */
function ofSittings(
  moments: readonly Moment[],
  { pauseMinutes, item, type, when }: NonNullable<LogMapping['sittings']>,
): LoggedRankings {
  const isWanted = (row: unknown): boolean => {
    const value = textAt(row, when.path) ?? '';
    return 'among' in when ? when.among.includes(value) : Number(value) >= when.atLeast;
  };
  const rankings: LoggedRanking[] = [];
  let unread = 0;
  for (const own of Map.groupBy(moments, ({ session }) => session).values()) {
    let sitting: Moment[] = [];
    const finish = () => {
      const rated = sitting.flatMap((moment) =>
        itemsAt(moment.row, item).map((itemId) => ({ moment, itemId })),
      );
      unread += sitting.length - rated.length;
      const order = (id: ItemId) => sha256Hex(`${sitting[0].session} ${sitting[0].at} ${id}`);
      const listed = [...new Set(rated.map(({ itemId }) => itemId))]
        .toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
        .slice(0, MAX_LIMIT);
      // One item alone is preferred to nothing.
      if (listed.length < 2) return;
      const ranking = rankingOf(sitting[0], listed);
      rankings.push(ranking);
      for (const { moment, itemId } of rated)
        if (listed.includes(itemId) && isWanted(moment.row))
          ranking.actions.push({ type, itemId, at: moment.at });
    };
    for (const moment of own) {
      const last = sitting.at(-1);
      if (last !== undefined && moment.at - last.at > pauseMinutes * MINUTE_MS) {
        finish();
        sitting = [];
      }
      sitting.push(moment);
    }
    finish();
  }
  return { rankings: rankings.toSorted((a, b) => a.at - b.at), unmatched: 0, unread };
}
