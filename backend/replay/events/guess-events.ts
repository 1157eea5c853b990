import { parseMoment } from '../../../shared/domain/moment.ts';
import { mappingNames } from '../mapped/mapping-names.ts';
import { readLogMapping, type LogMapping } from '../mapped/log-mapping.ts';
import { loggedRankings, type LoggedRankings } from '../mapped/logged-rankings.ts';
import {
  COLUMN_WORDS,
  plain,
  STRENGTHS,
  strengthOf,
  type Role,
  type Strength,
} from './event-words.ts';

type Row = Readonly<Record<string, unknown>>;

/** How a file of events is read. */
export interface EventsGuess {
  /** In a sentence, for people. */
  readonly about: string;
  readonly rankings: LoggedRankings;
}

/** What no name of a column tells. */
export interface EventsQuestion {
  readonly role: 'session' | 'at';
  readonly text: string;
  readonly columns: readonly string[];
}

export type EventsFound =
  | { readonly guess: EventsGuess }
  | { readonly question: EventsQuestion }
  /** Why nothing can be learned from it. */
  | { readonly why: string };

const SAMPLED = 5000;
/** Fewer of the values that are ids of the catalogue do not make a column one of items. */
const LEAST_KNOWN = 0.2;
const PAUSE_MINUTES = 60;

/**
 * Finds out what a file of past events says: a log of a system that is known, or rows whose columns are told by their names, and
 * the column of items by its values.
 * @param known ids of the catalogue. @param given columns that a person has named.
 */
export function guessEvents(
  rows: readonly unknown[],
  known: ReadonlySet<string>,
  given: Partial<Record<Role, string>> = {},
): EventsFound {
  const log = knownLog(rows);
  if (log !== undefined) return { guess: log };
  const objects = rows.filter(
    (row): row is Row => typeof row === 'object' && row !== null && !Array.isArray(row),
  );
  const columns = [...new Set(objects.slice(0, SAMPLED).flatMap(Object.keys))];
  const named = (role: Role) => given[role] ?? byName(columns, role);
  const item = itemColumn(objects, columns, known);
  if (item === undefined)
    return { why: `no column of it holds ids of the catalogue: it has ${listed(columns)}` };
  const others = columns.filter((name) => name !== item);
  const [at, session, event] = [named('at'), named('session'), named('event')];
  if (at === undefined)
    return {
      question: { role: 'at', text: 'Which column says when it happened?', columns: others },
    };
  if (session === undefined)
    return {
      question: {
        role: 'session',
        text: 'Which column says who it was, or in which visit?',
        columns: others,
      },
    };
  const unit = unitOf(objects, at);
  if (unit === undefined)
    return {
      why: `column ${at} holds no moments: ISO dates, or seconds, milliseconds or microseconds since 1970`,
    };
  const roles = {
    item,
    at,
    session,
    event,
    user: named('user'),
    list: named('list'),
    position: named('position'),
  };
  const flags = (['click', 'save', 'booking'] as const).flatMap((type) => {
    const column = named(type);
    return column !== undefined && isFlag(objects, column) ? [{ type, column }] : [];
  });
  const mapping = mappingOf(objects, roles, flags, named('rating'), unit);
  if (typeof mapping === 'string') return { why: mapping };
  const { about, ...read } = mapping;
  const names = Object.entries({
    ...roles,
    ...Object.fromEntries(flags.map((one) => [one.type, one.column])),
  });
  const used = names.flatMap(([role, name]) => (name === undefined ? [] : [`${role} = ${name}`]));
  const canonical = objects.map((row) =>
    Object.fromEntries(
      [...names, ['rating', named('rating')] as const].flatMap(([role, name]) => {
        if (name === undefined) return [];
        const value = row[name];
        return [
          [role, flags.some(({ column }) => column === name) ? String(truthOf(value)) : value],
        ];
      }),
    ),
  );
  return {
    guess: {
      about: `${about} (${used.join(', ')})`,
      rankings: loggedRankings(canonical, { ...read, about }),
    },
  };
}

/** One of the mappings that come with Trimtab, where most rows are as it says. */
function knownLog(rows: readonly unknown[]): EventsGuess | undefined {
  for (const name of mappingNames()) {
    const mapping = readLogMapping(name);
    const { rankings } = loggedRankings(rows.slice(0, SAMPLED), mapping);
    if (rankings.length > 0)
      return { about: mapping.about, rankings: loggedRankings(rows, mapping) };
  }
  return undefined;
}

interface Roles {
  readonly event: string | undefined;
  readonly list: string | undefined;
  readonly position: string | undefined;
  readonly user: string | undefined;
}

interface Flag {
  readonly type: 'click' | 'save' | 'booking';
  readonly column: string;
}

/** @returns why there is none. */
function mappingOf(
  rows: readonly Row[],
  { event, list, position, user }: Roles,
  flags: readonly Flag[],
  rating: string | undefined,
  unit: LogMapping['at']['unit'],
): LogMapping | string {
  const base = {
    format: 'table' as const,
    at: { path: 'at', unit },
    session: ['session'],
    ...(user !== undefined && { user: 'user' }),
    actions: [],
  };
  /** Without a name of a list, what one visit shows at one moment is one. */
  const lists = {
    list: list === undefined ? ['at'] : ['list'],
    item: 'item',
    ...(position !== undefined && { position: 'position' }),
  };
  const words = event === undefined ? new Map<Strength, string[]>() : wordsIn(rows, event);
  const impressions = words.get('impression');
  if (impressions !== undefined)
    return {
      ...base,
      about: 'what was shown, item by item, and what was done with it',
      impressions: { ...lists, where: { event: impressions }, acted: [] },
      actions: STRENGTHS.flatMap((strength) => {
        const own = words.get(strength);
        if (own === undefined) return [];
        // Whoever looks at an item of a list has clicked on it.
        const type = strength === 'view' ? 'click' : strength;
        const ranking = list === undefined ? {} : { ranking: 'list' };
        return [{ where: { event: own }, items: 'item', type, ...ranking }];
      }),
    };
  if (flags.length > 0)
    return {
      ...base,
      about: 'a row for each item that was shown, with what was done with it',
      impressions: {
        ...lists,
        where: {},
        acted: flags.map(({ type }) => ({ where: { [type]: '1' }, type })),
      },
    };
  const sitting = { pauseMinutes: PAUSE_MINUTES, item: 'item', type: 'click' as const };
  const [weakest, ...stronger] = STRENGTHS.filter((strength) => words.has(strength));
  if (stronger.length > 0)
    return {
      ...base,
      about: `what somebody did without a pause of an hour is one list, and more than a ${weakest} is a click, as the file does not say what was shown`,
      sittings: {
        ...sitting,
        when: { path: 'event', among: stronger.flatMap((strength) => words.get(strength)!) },
      },
    };
  const least = rating === undefined ? undefined : goodRating(rows, rating);
  if (least !== undefined)
    return {
      ...base,
      about: `what somebody rated without a pause of an hour is one list, and ${least} or more is a click, as the file does not say what was shown`,
      sittings: { ...sitting, when: { path: 'rating', atLeast: least } },
    };
  return 'it says what was clicked, and not what was shown beside it, so that there is nothing to prefer it to: give a row for each item that was shown, with a column "clicked" (0 or 1) or "event" (impression, click) and one that names the list';
}

function wordsIn(rows: readonly Row[], event: string): Map<Strength, string[]> {
  const found = new Map<Strength, string[]>();
  for (const text of new Set(rows.map((row) => row[event]))) {
    const strength = typeof text === 'string' ? strengthOf(text) : undefined;
    if (strength !== undefined)
      found.set(strength, [...(found.get(strength) ?? []), text as string]);
  }
  return found;
}

function byName(columns: readonly string[], role: Role): string | undefined {
  for (const word of COLUMN_WORDS[role]) {
    const column = columns.find((name) => plain(name) === word);
    if (column !== undefined) return column;
  }
  return undefined;
}

/** The column most of whose values are ids of the catalogue. */
function itemColumn(
  rows: readonly Row[],
  columns: readonly string[],
  known: ReadonlySet<string>,
): string | undefined {
  const sample = rows.slice(0, SAMPLED);
  const shareOf = (name: string) =>
    sample.filter((row) => known.has(String(row[name]))).length / Math.max(1, sample.length);
  const usual = byName(columns, 'item');
  // Where a number column, such as a position, happens to hold ids too, the name decides.
  if (usual !== undefined && shareOf(usual) >= LEAST_KNOWN) return usual;
  const [best] = columns
    .map((name) => ({ name, share: shareOf(name) }))
    .toSorted((a, b) => b.share - a.share);
  return best !== undefined && best.share >= LEAST_KNOWN ? best.name : undefined;
}

/** How the moments of a column are written, by most of its values. */
function unitOf(rows: readonly Row[], column: string): LogMapping['at']['unit'] | undefined {
  const value = rows.map((row) => row[column]).find((one) => one !== undefined && one !== '');
  const number = Number(value);
  if (Number.isFinite(number) && number > 0) {
    if (number < 1e11) return 's';
    return number < 1e14 ? 'ms' : 'us';
  }
  try {
    parseMoment(value, 'a moment');
    return 'iso';
  } catch {
    return undefined;
  }
}

const truthOf = (value: unknown): 0 | 1 =>
  ['1', 'true', 'yes', 'y'].includes(String(value).trim().toLowerCase()) ? 1 : 0;

const TRUTHS: ReadonlySet<string> = new Set(['1', 'true', 'yes', 'y', '0', 'false', 'no', 'n', '']);

/** Whether some rows say yes and some say no, and none says anything else. */
function isFlag(rows: readonly Row[], column: string): boolean {
  const values = new Set(rows.map((row): unknown => row[column] ?? ''));
  const words = [...values].map((value) => String(value).trim().toLowerCase());
  return new Set(words.map(truthOf)).size === 2 && words.every((word) => TRUTHS.has(word));
}

/** Four stars of five, or eight of ten. */
function goodRating(rows: readonly Row[], column: string): number | undefined {
  const highest = rows.reduce((most, row) => Math.max(most, Number(row[column]) || 0), 0);
  if (highest <= 0 || highest > 10) return undefined;
  return highest > 5 ? 8 : 4;
}

const listed = (columns: readonly string[]): string => columns.slice(0, 20).join(', ') || 'none';
