import { sql, type SQL } from 'drizzle-orm';
import { MAX_CONTEXT_CHARACTERS } from '../../shared/domain/rank-request.ts';

/**
 * The context that a decision's request stated, as JSON in SQL; null where it stated none. Those longer than an edge takes, which
 * were stored before, are left out, so that it is bounded what the contexts of many visitors take in memory.
 * @param request the column of `decisions`, with its table where there are several.
 */
export const contextOf = (request: SQL): SQL => sql`case
  when json_valid(${request}) and json_type(${request}, '$.context') = 'object'
    and length(${request} -> '$.context') <= ${sql.raw(String(MAX_CONTEXT_CHARACTERS))}
  then ${request} -> '$.context' end`;
