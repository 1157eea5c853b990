/**
 * Feedback counts when it reached the edge within so long after its ranking: each day of a comparison has then had the
 * same time to be clicked and booked, the last one too.
 */
export const FEEDBACK_WITHIN_MS = 6 * 3_600_000;
