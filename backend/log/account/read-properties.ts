import { sql, type SQL } from 'drizzle-orm';
import { MAX_PROPERTIES_CHARACTERS } from '../../../shared/domain/event.ts';

/**
 * The properties of an event `e` that are measured, as SQL: of pointer activity and uses of features. They are read whole, as
 * JSON: half a surrogate pair that a page sent is no valid UTF-8 once SQL extracts it, and ends the process. Longer ones, which an
 * edge stored before it refused them, are left out, so that it is bounded what a slice of events takes in memory.
 */
export const MEASURED_PROPERTIES = `case
  when e.type in ('pointer_activity', 'feature_use') and length(e.properties) <= ${MAX_PROPERTIES_CHARACTERS}
  then e.properties end`;

export const measuredProperties: SQL = sql.raw(MEASURED_PROPERTIES);
