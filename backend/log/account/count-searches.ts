import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { countedRankings, rankingCounts, schemaList } from './counted.ts';

/** What is said of a ranking, under whatever name the query has its row of `decisions`. */
export type OfRanking = (row: SQL) => SQL;

export interface SearchQuery {
  /** By name. None: all is one group. */
  readonly groups: Readonly<Record<string, OfRanking>>;
  /** Which rankings are read, of those that count. */
  readonly where: OfRanking;
  /** Of how many searches any page fulfils something, by name. */
  readonly fulfils: Readonly<Record<string, OfRanking>>;
  /** Aggregates of rankings that add up, by name; their row is `d`. */
  readonly sums?: Readonly<Record<string, SQL>>;
}

/**
 * Counts the searches that rankings are of, by group, as `searchOf` tells them apart: each search once in each group that has any page of it. The
 * result has the groups' columns, `rankings`, one column for each of `fulfils`, and one for each of `sums`.
 *
 * `count(distinct …)` puts the id of each ranking into a tree, which takes most of the time of such a query. But a first page is a search
 * of its own, and most rankings are first pages. So these are counted as they are, and further pages once for each search: it is
 * a search more where its first page is not in the group, as that was lost, does not count, or was served on another day or by another version.
 */
export async function searchesBy(
  db: LibSQLDatabase,
  { groups, where, fulfils, sums = {} }: SearchQuery,
): Promise<SQL> {
  const hashes = await schemaList(db);
  const isRead = (row: SQL) => sql`${row}.schemaHash in (${hashes}) and ${where(row)}`;
  const [d, first] = [sql`d`, sql`first`];
  const [byGroup, byCondition] = [Object.entries(groups), Object.entries(fulfils)];
  const name = (text: string) => sql.identifier(text);
  const list = (parts: readonly SQL[]) => sql.join([...parts], sql`, `);
  const names = byGroup.map(([group]) => sql`${name(group)}`);
  const pages = list([
    ...byGroup.map(([group, of]) => sql`${of(d)} as ${name(group)}`),
    sql`d.firstPage as firstPage`,
    sql`count(*) as n`,
    ...byCondition.map(([condition, of]) => sql`sum(${of(d)}) as ${name(condition)}`),
    ...Object.entries(sums).map(([sum, of]) => sql`${of} as ${name(sum)}`),
  ]);
  const isOfGroup = sql.join(
    [sql`true`, ...byGroup.map(([group, of]) => sql`${of(first)} is g.${name(group)}`)],
    sql` and `,
  );
  /** What the first page fulfils itself, as JSON; null where it is not in the group. */
  const found = sql`(select json_array(${list(byCondition.map(([, of]) => of(first)))}) from decisions first
    where first.rankingId = g.firstPage and first.firstPage is null
      and ${isRead(first)} and ${rankingCounts(first)} and ${isOfGroup})`;
  const totals = list([
    ...names,
    sql`coalesce(sum(case when firstPage is null then n else found is null end), 0) as rankings`,
    ...byCondition.map(
      ([condition], i) => sql`coalesce(sum(case when firstPage is null then ${name(condition)}
        else ${name(condition)} > 0 and coalesce(found ->> ${sql.raw(String(i))}, 0) = 0 end), 0) as ${name(condition)}`,
    ),
    ...Object.keys(sums).map((sum) => sql`coalesce(sum(${name(sum)}), 0) as ${name(sum)}`),
  ]);
  // Materialised, so that the first page is looked for once.
  return sql`
    with g as (select ${pages} from ${countedRankings} d where ${isRead(d)}
        group by ${list([...names, sql`d.firstPage`])}),
      f as materialized (select *, case when firstPage is not null then ${found} end as found from g)
    select ${totals} from f ${names.length === 0 ? sql`` : sql`group by ${list(names)}`}`;
}
