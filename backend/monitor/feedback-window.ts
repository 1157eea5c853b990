/**
 * Feedback counts if it reached the edge this soon after its ranking. So all days of a comparison, the last one
 * included, have had the same time to be clicked and booked.
 */
export const FEEDBACK_WITHIN_MS = 6 * 3_600_000;
