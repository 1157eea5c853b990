/**
 * @param sql statements of a migration. @returns those that do more than add, which a backend of the version before could notice:
 * they belong into a contract migration.
 */
export function moreThanAdds(sql: readonly string[]): string[] {
  // A comment may hold a semicolon.
  const plain = sql.map((one) => one.replaceAll(/--[^\n]*/g, ''));
  const statements = plain
    .flatMap((one) => (isTrigger(one) ? insertsOf(one) : one.split(';')))
    .map(flat);
  const made = new Set(statements.flatMap((one) => /^create table (\w+)/i.exec(one)?.[1] ?? []));
  const added = new Set(
    statements.flatMap(
      (one) => /^alter table (\w+) add (?:column )?(\w+)/i.exec(one)?.slice(1).join() ?? [],
    ),
  );
  return statements.filter((one) => {
    if (one === '' || /^create (?:table|index) /i.test(one)) return false;
    // What the version before inserts lacks the column.
    if (/^alter table \w+ add /i.test(one))
      return / not null/i.test(one) && !/ default /i.test(one);
    const [, unique] = /^create unique index \w+ on (\w+)/i.exec(one) ?? [];
    const [, filled] = /^insert into (\w+)/i.exec(one) ?? [];
    const [, updated, column] =
      /^update (\w+) set (\w+) = [^,]*$/i.exec(withoutBrackets(one)) ?? [];
    const table = unique ?? filled;
    return !(table === undefined ? added.has([updated, column].join()) : made.has(table));
  });
}

/** One that writes down what is done to a table changes nothing of it: what counts is where it writes. */
const isTrigger = (statement: string) => /^\s*create trigger\s/i.test(statement);
const insertsOf = (trigger: string): string[] => {
  const [, body] = /\sbegin\s(.*)\send\s*;?\s*$/is.exec(trigger) ?? [];
  return body?.split(';') ?? [trigger];
};

const flat = (statement: string): string =>
  statement.replaceAll(/[`"]/g, '').replaceAll(/\s+/g, ' ').trim();

/** Commas within brackets set no further column. */
function withoutBrackets(statement: string): string {
  const less = statement.replaceAll(/\([^()]*\)/g, '');
  return less === statement ? less : withoutBrackets(less);
}
