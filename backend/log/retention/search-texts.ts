import { sql } from 'drizzle-orm';
import type { Store } from '../../store/open.ts';

/** Texts that are made from what people did and should name nobody. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  alerts: ['key', 'message', 'details'],
  audit: ['subject', 'details'],
  evaluations: ['report'],
  experiment_reports: ['statistics', 'report'],
  log_marks: ['value'],
  metric_weights: ['details'],
  reports: ['report', 'markdown', 'html'],
  rollout_decisions: ['decision'],
  runs: ['params', 'progress', 'error'],
  weights: ['lineage'],
};

/** Searches them for keyed ids. @returns table → rows in which any of them stands, of every table that was searched. */
export async function searchTexts(
  db: Store['db'],
  ids: readonly string[],
): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [table, columns] of Object.entries(TEXTS)) {
    const holds = columns.map((name) => sql`instr(t.${sql.identifier(name)}, ids.value) > 0`);
    const [row] = await db.all<{ rows: number }>(sql`
      select count(*) as "rows" from ${sql.identifier(table)} t where exists (
        select 1 from json_each(${JSON.stringify(ids)}) ids where ${sql.join(holds, sql` or `)})`);
    found[table] = row.rows;
  }
  return found;
}
