import { sql, type SQL } from 'drizzle-orm';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';

/** Whose rows are meant: each is SQL in parentheses that gives one column of keyed ids. */
export interface Whose {
  readonly users: SQL;
  readonly sessions: SQL;
}

/** Rows of one table that are theirs. */
export interface PersonalRows {
  readonly table: PersonalTable;
  /** Each is a condition on the table. They are apart so that each finds its rows by an index; together they may name a row twice. */
  readonly where: readonly SQL[];
}

/** Every table whose rows may be a person's, apart from the tombstones. */
export const PERSONAL_TABLES = [
  'training_exclusions',
  'outcomes',
  'order_lines',
  'orders',
  'late_rankings',
  'exposures',
  'events',
  'experiment_units',
  'metric_units',
  'user_days',
  'decisions',
  'session_days',
] as const;
export type PersonalTable = (typeof PERSONAL_TABLES)[number];

/** An outcome belongs to the user that it names, or else to the user to whom the account credits it. */
const OWNER = sql`coalesce(userId, creditedUser)`;

/** The plus keeps SQLite from looking for the session among all rows that name no user. */
const anonymousIn = (sessions: SQL): SQL => sql`+userId is null and sessionId in ${sessions}`;

/** The rankings that are theirs, as SQL in parentheses. */
export const rankingsOf = ({ users, sessions }: Whose): SQL => sql`(
  select rankingId from decisions where userId in ${users}
  union all select rankingId from decisions where ${anonymousIn(sessions)})`;

/** A day of a session on which another user was logged in, or of which anything is left. */
const isSharedDay = (users: SQL): SQL => sql`(
  exists (select 1 from user_days k
    where k.sessionId = session_days.sessionId and k.day = session_days.day and k.userId not in ${users})
  or exists (select 1 from decisions d where d.sessionId = session_days.sessionId
    and d.userId is not null and d.userId not in ${users}
    and d.at >= session_days.day and d.at < session_days.day + ${DAY_MS}))`;

/**
 * What is whose: what names a user is the user's, and what names no user is its session's. One list for erasing and for
 * handing out, so that what is erased is what would be handed out. It is in the order in which rows have to be deleted: what
 * says which rankings and users are meant is last.
 */
export function personalRows(whose: Whose): readonly PersonalRows[] {
  const { users, sessions } = whose;
  const anonymous = anonymousIn(sessions);
  const rankings = rankingsOf(whose);
  return [
    {
      table: 'training_exclusions',
      where: [
        sql`kind = 'user' and subject in ${users} or kind = 'session' and subject in ${sessions}`,
      ],
    },
    {
      table: 'outcomes',
      where: [
        sql`userId in ${users}`,
        sql`creditedUser in ${users}`,
        sql`sessionId in ${sessions} and ${OWNER} is null`,
      ],
    },
    {
      table: 'order_lines',
      // Before the orders, which say whose a line is that names nobody: whoever an order is credited to, a line that names another one is not theirs.
      where: [
        sql`userId in ${users}`,
        sql`+userId is null and orderId in (select orderId from orders where creditedUser in ${users})`,
        sql`+userId is null and sessionId in ${sessions} and not exists (
          select 1 from orders o where o.orderId = order_lines.orderId and o.creditedUser is not null)`,
        sql`+userId is null and (sessionId is null or sessionId in ${sessions}) and orderId in (
          select orderId from orders where +creditedUser is null and creditedSession in ${sessions})`,
      ],
    },
    {
      table: 'orders',
      where: [
        sql`creditedUser in ${users}`,
        sql`+creditedUser is null and creditedSession in ${sessions}`,
        sql`creditedRanking is null and not exists (select 1 from order_lines l where l.orderId = orders.orderId)`,
      ],
    },
    { table: 'late_rankings', where: [sql`rankingId in ${rankings}`] },
    { table: 'exposures', where: [sql`userId in ${users}`, sql`rankingId in ${rankings}`] },
    { table: 'events', where: [sql`userId in ${users}`, anonymous] },
    {
      table: 'experiment_units',
      // A unit that is a user has its own id as userId. A session may be called as a user is.
      where: [
        sql`userId in ${users} or (userId is null or unit <> userId) and unit in ${sessions}`,
      ],
    },
    {
      table: 'metric_units',
      where: [
        sql`userId in ${users}
          or kind = 'user' and unit in ${users} or kind = 'session' and unit in ${sessions}`,
      ],
    },
    { table: 'user_days', where: [sql`userId in ${users}`] },
    { table: 'decisions', where: [sql`userId in ${users}`, anonymous] },
    {
      table: 'session_days',
      where: [sql`sessionId in ${sessions} and not ${isSharedDay(users)}`],
    },
  ];
}
