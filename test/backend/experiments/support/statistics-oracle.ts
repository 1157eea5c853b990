import type { Experiment } from '../../../../backend/experiments/new-experiment.ts';
import type { Outcome } from '../../../../backend/log/ingest/outcomes.ts';
import type { Decision } from '../../../../shared/domain/decision.ts';
import { exposuresFromText } from '../../../../shared/domain/experiment.ts';
import type { CollectedEvent } from '../../../../shared/format/ingest-bytes.ts';

export interface OracleLog {
  readonly decisions: readonly Decision[];
  readonly events: readonly CollectedEvent[];
  readonly outcomes: readonly Outcome[];
}

export interface OracleUnit {
  readonly unit: string;
  readonly arm: string;
  readonly arms: number;
  readonly firstAt: number;
  readonly after: (column: string) => number;
  readonly before: (column: string) => number;
}

const PAST_MS = 28 * 86_400_000;

/** Every unit that saw the experiment and what it did, row by row and the slow way. */
export function oracleUnits(
  { id, stoppedAt }: Experiment,
  kind: 'user' | 'session',
  { decisions, events, outcomes }: OracleLog,
): OracleUnit[] {
  const end = stoppedAt ?? Infinity;
  const unitOf = (row: { sessionId: string; userId?: string }) =>
    kind === 'user' ? row.userId : row.sessionId;
  const exposed = decisions
    .flatMap((decision) =>
      exposuresFromText(decision.arm ?? '')
        .filter(({ experiment }) => experiment === id)
        .map(({ arm }) => ({ ...decision, arm })),
    )
    .filter((row) => unitOf(row) !== undefined && row.at <= end)
    .toSorted((a, b) => a.at - b.at || (a.rankingId < b.rankingId ? -1 : 1));
  const groups = [...Map.groupBy(exposed, (row) => unitOf(row)!)];
  const creditedTo = (outcome: Outcome, mustBe: (unit: string, at: number) => boolean) => {
    if (kind === 'user') {
      const user =
        outcome.userId ?? exposed.find((row) => row.sessionId === outcome.sessionId)?.userId;
      return user !== undefined && mustBe(user, outcome.at) ? user : undefined;
    }
    if (outcome.sessionId !== undefined)
      return mustBe(outcome.sessionId, outcome.at) ? outcome.sessionId : undefined;
    return groups
      .filter(
        ([unit, rows]) =>
          rows.some(({ userId }) => userId === outcome.userId) && mustBe(unit, outcome.at),
      )
      .toSorted(([a, x], [b, y]) => x[0].at - y[0].at || (a < b ? -1 : 1))
      .at(-1)?.[0];
  };
  return groups.map(([unit, rows]) => {
    const { at: firstAt, arm } = rows[0];
    const columnIn = (lies: (at: number) => boolean) => (column: string) => {
      const isIn = (at: number) => lies(at) && at <= end;
      if (column === 'rankings')
        return decisions.filter((row) => unitOf(row) === unit && isIn(row.at)).length;
      if (column.startsWith('outcome.')) {
        const firstOf = new Map(groups.map(([name, own]) => [name, own[0].at]));
        const starts = (name: string, at: number) => {
          const first = firstOf.get(name);
          if (first === undefined) return false;
          return lies(firstAt) ? at >= first : at < first && at >= first - PAST_MS;
        };
        return outcomes
          .filter(({ metric }) => `outcome.${metric}` === column)
          .filter((outcome) => creditedTo(outcome, starts) === unit)
          .reduce((sum, { value }) => sum + value, 0);
      }
      const own = once(events.filter((row) => unitOf(row) === unit && isIn(row.receivedAt)));
      const of = (type: string) =>
        own.filter((row) => row.type === type).map(({ value }) => value ?? 0);
      if (column === 'dwell_seconds') return sum(of('dwell')) / 1000;
      if (column === 'booking_value') return sum(of('booking'));
      if (column === 'scroll_share') return Math.max(0, ...of('scroll_depth'));
      return of(column).length;
    };
    return {
      unit,
      arm,
      arms: new Set(rows.map((row) => row.arm)).size,
      firstAt,
      after: columnIn((at) => at >= firstAt),
      before: columnIn((at) => at < firstAt && at >= firstAt - PAST_MS),
    };
  });
}

/** The same of the same item within a second is one. */
function once(events: readonly CollectedEvent[]): CollectedEvent[] {
  const inOrder = events.toSorted(
    (a, b) => a.timestamp - b.timestamp || (a.eventId < b.eventId ? -1 : 1),
  );
  const key = (row: CollectedEvent) =>
    JSON.stringify([row.rankingId, row.type, row.itemId, row.value]);
  return inOrder.filter((row, i) => {
    const before = inOrder.slice(0, i).findLast((other) => key(other) === key(row));
    return before === undefined || row.timestamp - before.timestamp > 1000;
  });
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
