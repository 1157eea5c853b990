import { sql, type SQL } from 'drizzle-orm';
import { cameOf } from '../log/account/counted.ts';

/**
 * Feedback counts if it reached the edge this soon after its ranking. So all days of a comparison, the last one
 * included, have had the same time to be clicked and booked.
 */
export const FEEDBACK_WITHIN_MS = 6 * 3_600_000;

/** Whether a ranking, which the query calls `d`, was followed so soon by feedback of this type. */
export const cameSoon = (type: 'click' | 'booking'): SQL =>
  cameOf(type, sql`d`, FEEDBACK_WITHIN_MS);
