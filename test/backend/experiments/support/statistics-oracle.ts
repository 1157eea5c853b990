import type { Experiment } from '../../../../backend/experiments/new-experiment.ts';
import type { Rules } from '../../../../backend/log/account/rules.ts';
import { exposuresFromText } from '../../../../shared/domain/experiment.ts';
import { slowAccount, type WholeLog } from '../../log/support/slow-account.ts';

export interface OracleUnit {
  readonly unit: string;
  readonly arm: string;
  readonly arms: number;
  readonly firstAt: number;
  readonly after: (column: string) => number;
  readonly before: (column: string) => number;
}

const PAST_MS = 28 * 86_400_000;

/** Every unit that people were when they saw the experiment, and what it did, row by row and the slow way. */
export function oracleUnits(
  { id, stoppedAt }: Experiment,
  kind: 'user' | 'session',
  log: WholeLog,
  rules: Rules,
): OracleUnit[] {
  const { counted, countedEvents, credits } = slowAccount(log, rules);
  const end = stoppedAt ?? Infinity;
  const unitOf = (row: { sessionId: string; userId?: string }) =>
    kind === 'user' ? row.userId : row.sessionId;
  const exposed = counted
    .flatMap((decision) =>
      exposuresFromText(decision.arm ?? '')
        .filter(({ experiment }) => experiment === id)
        .map(({ arm }) => ({ ...decision, arm })),
    )
    .filter((row) => unitOf(row) !== undefined && row.at <= end)
    .toSorted((a, b) => a.at - b.at || (a.rankingId < b.rankingId ? -1 : 1));
  return [...Map.groupBy(exposed, (row) => unitOf(row)!)].map(([unit, rows]) => {
    const { at: firstAt, arm } = rows[0];
    const columnIn = (lies: (at: number) => boolean) => (column: string) => {
      const isIn = (at: number) => lies(at) && at <= end;
      if (column === 'rankings')
        return counted.filter((row) => unitOf(row) === unit && isIn(row.at)).length;
      if (column.startsWith('outcome.'))
        return sum(
          credits
            .filter(({ user, session }) => (kind === 'user' ? user : session) === unit)
            .filter(({ outcome }) => `outcome.${outcome.metric}` === column && lies(outcome.at))
            .map(({ outcome }) => outcome.value),
        );
      const own = countedEvents.filter((row) => unitOf(row) === unit && isIn(row.receivedAt));
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

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
