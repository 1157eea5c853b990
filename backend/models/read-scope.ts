import { sql, type SQL } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { scopeOf, type LineageScope } from './lineage-scope.ts';
import { readLive } from './live-pointer.ts';

/** The scope of a lineage by what is live now. @param lineage its placement; null: the default one. */
export const readScope = async (
  store: Pick<Store, 'db'>,
  lineage: string | null,
): Promise<LineageScope> =>
  lineage === null ? scopeOf((await readLive(store))?.pointer, null) : { only: lineage };

/** Whether a ranking is of a scope, as a condition. @param placement the column. */
export function inScope(scope: LineageScope, placement: SQL): SQL {
  if ('only' in scope) return sql`${placement} = ${scope.only}`;
  if (scope.except.length === 0) return sql`1`;
  return sql`${placement} not in (${sql.join(
    scope.except.map((one) => sql`${one}`),
    sql`, `,
  )})`;
}
