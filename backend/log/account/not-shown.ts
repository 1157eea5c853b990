/**
 * Whether an event is the client's timing of a ranking that came too late for its page, by `late` of its properties, as SQL: 1 or 0. Only the
 * type of the property is looked at, as a text that a page sent need not be valid UTF-8 once SQL extracts it.
 * @param event name of a row of `events`.
 */
export const saysLate = (event: string): string => `(${event}.type = 'timing' and coalesce(
  case when json_valid(${event}.properties) then json_type(${event}.properties, '$.late') = 'true' end, 0))`;

/**
 * Whether a page had given up on a ranking when it came, as SQL: 1 or 0. Visitors saw the page's own order, so that what they did not click
 * says nothing of the ranking's items, and nothing is learned of it. Experiments count it all the same, as their figures are of
 * everybody who was assigned.
 * @param row name of a row with `rankingId`. @param to SQL of the last row of `events` to look at. Absent: all that count.
 */
export const notShown = (row: string, to?: string): string => `exists (
  select 1 from events e where e.rankingId = ${row}.rankingId and ${saysLate('e')}
    and ${to === undefined ? "e.fault = ''" : `e.rowid <= ${to}`})`;
