import { and, eq, gte, lte, sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Schema } from '../../../shared/features/schema.ts';
import { decisions } from '../../../backend/store/tables.ts';
import {
  collector,
  type TrainingData,
  type TrainingWindow,
} from '../../../backend/log/training-set/collect.ts';
import { daysWithRankings } from '../../../backend/log/account/log-mark.ts';
import { readDay } from '../../../backend/log/account/read-day.ts';
import type { Rules } from '../../../backend/log/account/rules.ts';
import { dayOf, wholeDays } from '../../../shared/domain/utc-day.ts';

/**
 * Decisions ⋈ feedback of a window, straight from the log as its account has it: what its partitions hold when they are up to date.
 * Codes are read as logged, never computed again.
 * @param reward metric → weight; metrics not named earn nothing.
 */
export async function readTrainingSet(
  db: LibSQLDatabase,
  schema: Schema,
  window: TrainingWindow,
  reward: Readonly<Record<string, number>>,
  accountRules: Pick<Rules, 'attributionDays'>,
): Promise<TrainingData> {
  const [{ codes }] = await db
    .select({ codes: sql<number>`coalesce(sum(length(${decisions.codes})), 0)` })
    .from(decisions)
    .where(
      and(
        eq(decisions.schemaHash, schema.hash),
        gte(decisions.at, window.from),
        lte(decisions.at, window.to),
      ),
    );
  const rows = Math.ceil(codes / schema.features.length);
  const collected = collector(schema, window, reward, rows);
  // Whole days: a session is judged by its day, wherever the window begins.
  const span = wholeDays(window);
  for (const start of await daysWithRankings(db, schema.hash, span))
    await readDay(db, schema, dayOf(start), accountRules, 0, (slate) => collected.add(slate));
  return collected.finish();
}
