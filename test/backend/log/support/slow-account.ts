import type { Outcome } from '../../../../backend/log/ingest/outcomes.ts';
import type { Rules } from '../../../../backend/log/account/rules.ts';
import type { Decision } from '../../../../shared/domain/decision.ts';
import type { CollectedEvent } from '../../../../shared/format/ingest-bytes.ts';

export interface WholeLog {
  readonly decisions: readonly Decision[];
  readonly events: readonly CollectedEvent[];
  readonly outcomes: readonly Outcome[];
}

export interface SlowCredit {
  readonly outcome: Outcome;
  readonly user: string | undefined;
  readonly session: string;
  readonly ranking: string | undefined;
  readonly item: string | undefined;
}

const DAY = 86_400_000;
const TOUCHES: ReadonlySet<string> = new Set([
  'click',
  'dwell',
  'save',
  'contact',
  'booking_start',
  'booking',
]);

/** What the account must say of a log, told from the whole of it by one plain look at a time; no day of it is closed. */
export function slowAccount({ decisions, events, outcomes }: WholeLog, rules: Rules) {
  const { filters } = rules;
  const windowMs = rules.attributionDays * DAY;
  const dayOf = (at: number) => Math.floor(at / DAY);
  const rankings = new Map<string, Decision>(decisions.map((one) => [one.rankingId, one]));

  const faultOf = (event: CollectedEvent, ranking: Decision): string => {
    const { itemId, value = 0, receivedAt, timestamp } = event;
    if (itemId !== undefined && !ranking.itemIds.includes(itemId)) return 'not_in_slate';
    if (Math.abs(value) > 1e12) return 'impossible_value';
    const skew = filters.maxClockSkewMs;
    if (skew > 0 && Math.min(receivedAt, timestamp) < ranking.at - skew) return 'before_ranking';
    if (skew > 0 && timestamp > receivedAt + skew) return 'clock_skew';
    return receivedAt > ranking.at + windowMs ? 'late' : '';
  };
  const verdicts = new Map<string, string>();
  const saysTheSame = (a: CollectedEvent, b: CollectedEvent) => {
    const told = ({ type, itemId, value, properties, rankingId }: CollectedEvent) =>
      JSON.stringify([
        rankingId,
        type,
        itemId,
        value,
        ['pointer_activity', 'feature_use'].includes(type) && properties,
      ]);
    return told(a) === told(b);
  };
  const sent = Map.groupBy(events, ({ rankingId }) => rankingId);
  const isFlooded = ({ rankingId }: Pick<Decision, 'rankingId'>) =>
    (sent.get(rankingId)?.length ?? 0) > filters.maxEventsPerRanking;
  const inOrder = events.toSorted(
    (a, b) => a.timestamp - b.timestamp || (a.eventId < b.eventId ? -1 : 1),
  );
  for (const [i, event] of inOrder.entries()) {
    const ranking = rankings.get(event.rankingId);
    if (ranking === undefined) continue;
    if (isFlooded(ranking)) {
      verdicts.set(event.eventId, 'too_many_events');
      continue;
    }
    let verdict = faultOf(event, ranking);
    const before = inOrder
      .slice(0, i)
      .findLast((other) => verdicts.get(other.eventId) === '' && saysTheSame(other, event));
    const width = filters.duplicateWithinMs;
    if (verdict === '' && width > 0 && before && event.timestamp - before.timestamp <= width)
      verdict = 'duplicate';
    verdicts.set(event.eventId, verdict);
  }

  const bots = new Map<string, string>();
  const keyOf = (sessionId: string, at: number) => `${dayOf(at)} ${sessionId}`;
  const sessions = Map.groupBy(decisions, ({ sessionId, at }) => keyOf(sessionId, at));
  const clicksOf = (own: readonly Decision[]) =>
    own.reduce(
      (sum, { rankingId }) =>
        sum +
        new Set(
          events
            .filter((e) => e.rankingId === rankingId && e.type === 'click')
            .filter((e) => verdicts.get(e.eventId) === '')
            .map((e) => e.itemId),
        ).size,
      0,
    );
  const eventsOf = (own: readonly Decision[]) =>
    events.filter((event) => own.some(({ rankingId }) => rankingId === event.rankingId));
  const dwelt = (own: readonly Decision[]) =>
    eventsOf(own).some((e) => e.type === 'dwell' && verdicts.get(e.eventId) === '');
  for (const [key, own] of sessions) {
    const times = own.map(({ at }) => at).toSorted((a, b) => a - b);
    const most = filters.maxRankingsPerMinute;
    const isRushing =
      most !== null && times.some((at, i) => i >= most && at - times[i - most] < 60_000);
    const all = eventsOf(own);
    const good = all.filter((e) => verdicts.get(e.eventId) === '' && e.itemId !== undefined);
    const actions = good.filter((e) =>
      ['click', 'save', 'contact', 'booking_start', 'booking'].includes(e.type),
    );
    const fast = actions.filter(
      (e) => e.receivedAt - rankings.get(e.rankingId)!.at < filters.minReactionMs,
    ).length;
    const shown = own.reduce((sum, { itemIds }) => sum + itemIds.length, 0);
    const invalid = all.filter((e) =>
      ['not_in_slate', 'before_ranking', 'clock_skew'].includes(verdicts.get(e.eventId)!),
    ).length;
    const judged = all.filter((e) => verdicts.get(e.eventId) !== '' || e.itemId !== undefined);
    if (isRushing) bots.set(key, 'too_many_rankings');
    else if (own.some(isFlooded)) bots.set(key, 'too_many_events');
    else if (fast >= filters.minFastActions && fast > actions.length / 2)
      bots.set(key, 'faster_than_a_person');
    else if (
      filters.maxClickedShare > 0 &&
      shown >= filters.minShownItems &&
      clicksOf(own) >= filters.maxClickedShare * shown
    )
      bots.set(key, 'clicks_everything');
    else if (invalid > filters.maxInvalidShare * judged.length) bots.set(key, 'invalid_events');
  }
  const people = [...sessions].filter(([key]) => !bots.has(key));
  for (const [key, own] of people) {
    const ofDay = people.filter(
      ([other, rows]) => other.split(' ')[0] === key.split(' ')[0] && clicksOf(rows) > 0,
    );
    const isLogged = ofDay.filter(([, rows]) => dwelt(rows)).length > ofDay.length / 2;
    const most = filters.maxClicksWithoutDwell;
    if (isLogged && most !== null && clicksOf(own) >= most && !dwelt(own))
      bots.set(key, 'clicks_without_dwell');
  }

  const counts = ({ sessionId, at }: Pick<Decision, 'sessionId' | 'at'>) =>
    !bots.has(keyOf(sessionId, at));
  const counted = decisions.filter(counts);
  const countedEvents = events.filter(
    (e) => verdicts.get(e.eventId) === '' && counts(rankings.get(e.rankingId)!),
  );
  /** First rankings of sessions on days that count. */
  const starts = (own: readonly Decision[]) =>
    [...Map.groupBy(own, ({ sessionId, at }) => keyOf(sessionId, at)).values()].map((ofDay) =>
      ofDay.reduce((a, b) => (b.at < a.at ? b : a)),
    );
  const lastTouch = (outcome: Outcome, isOwn: (ranking: Decision) => boolean) =>
    countedEvents
      .filter((e) => {
        const ranking = rankings.get(e.rankingId)!;
        return (
          TOUCHES.has(e.type) &&
          e.itemId !== undefined &&
          isOwn(ranking) &&
          ranking.at <= outcome.at &&
          e.receivedAt <= outcome.at &&
          outcome.at <= ranking.at + windowMs
        );
      })
      .toSorted((a, b) => a.receivedAt - b.receivedAt || (a.eventId < b.eventId ? -1 : 1))
      .at(-1);
  const credits = outcomes.flatMap((outcome): SlowCredit[] => {
    const { sessionId, userId, at } = outcome;
    if (Math.abs(outcome.value) > 1e12) return [];
    const isNamed = counted.some((one) => one.sessionId === sessionId && one.at <= at);
    const last = (from: readonly Decision[]) =>
      from
        .filter((one) => one.at <= at)
        .toSorted((a, b) => a.at - b.at || (a.sessionId < b.sessionId ? -1 : 1))
        .at(-1);
    const session = isNamed
      ? sessionId
      : userId === undefined
        ? undefined
        : (rankings.get(lastTouch(outcome, (one) => one.userId === userId)?.rankingId ?? '')
            ?.sessionId ?? last(starts(counted.filter((one) => one.userId === userId)))?.sessionId);
    if (session === undefined) return [];
    const ofSession = decisions.filter((one) => one.sessionId === session);
    const logins = ofSession.filter((one) => one.userId !== undefined && one.at <= at);
    const firsts = [...Map.groupBy(logins, (one) => `${dayOf(one.at)} ${one.userId}`).values()]
      .map((rows) => rows.reduce((a, b) => (b.at < a.at ? b : a)))
      .toSorted((a, b) => b.at - a.at || (a.userId! < b.userId! ? -1 : 1));
    const touch = lastTouch(outcome, (one) => one.sessionId === session);
    return [
      {
        outcome,
        user: userId ?? firsts[0]?.userId,
        session,
        ranking: touch?.rankingId,
        item: touch?.itemId,
      },
    ];
  });
  return { verdicts, bots, counts, counted, countedEvents, credits };
}
