import type Libsql from 'libsql';

/** More than a thread of the backend has that are run again and again. */
const MOST_KEPT = 200;
/** Longer ones are made for what they are about, and hardly come again. */
const LONGEST_KEPT = 10_000;

const keeping = new WeakSet<Libsql.Database>();

/**
 * Has a connection to a local file keep its statements, the least recently used ones up to some number: otherwise each is
 * parsed and planned every time that it is run. SQLite plans one anew by itself once tables have changed.
 * Only for who runs a statement to its end before it is asked for again, as the client of libSQL does.
 */
export function keepStatements(db: Libsql.Database): Libsql.Database {
  if (keeping.has(db)) return db;
  keeping.add(db);
  const prepare = db.prepare.bind(db) as (sql: string) => Libsql.Statement;
  /** The least recently used first. */
  const kept = new Map<string, Libsql.Statement>();
  const prepared = (sql: string) => {
    const known = kept.get(sql);
    if (known !== undefined) {
      kept.delete(sql);
      kept.set(sql, known);
      return known;
    }
    const statement = prepare(sql);
    if (sql.length > LONGEST_KEPT) return statement;
    kept.set(sql, statement);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
    return statement;
  };
  return Object.assign(db, { prepare: prepared });
}
