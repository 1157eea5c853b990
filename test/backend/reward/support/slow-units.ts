import type { UnitsOf } from '../../../../backend/log/account/unit.ts';
import type { CollectedEvent } from '../../../../shared/format/ingest-bytes.ts';
import { slowAccount, type WholeLog } from '../../log/support/slow-account.ts';

/** What `metric_units` must hold in the end: each unit looked up in the whole log, one question at a time. */
export function slowUnits(log: WholeLog, settings: UnitsOf) {
  const { counted, countedEvents, credits } = slowAccount(log, settings);
  const key = settings.unit === 'user' ? 'userId' : 'sessionId';
  const ids = new Set(log.decisions.flatMap((decision) => decision[key] ?? []));
  const inOrder = log.decisions.toSorted(
    (a, b) => a.at - b.at || (a.rankingId < b.rankingId ? -1 : 1),
  );
  return [...ids].map((unit) => {
    const all = inOrder.filter((decision) => decision[key] === unit);
    const isRefused = !all.some((decision) => counted.includes(decision));
    const own = isRefused ? all : all.filter((decision) => counted.includes(decision));
    const firstAt = own[0].at;
    const until = firstAt + settings.observeDays * 86_400_000;
    const userId = own.findLast((decision) => decision.userId !== undefined)?.userId ?? null;
    const happened = countedEvents.filter(
      ({ rankingId, receivedAt }) =>
        own.some((decision) => decision.rankingId === rankingId) && receivedAt < until,
    );
    const values: Record<string, number> = isRefused
      ? { refused: 1 }
      : { rankings: own.filter(({ at }) => at < until).length };
    const count = (name: string, by = 1) => (values[name] = (values[name] ?? 0) + by);
    for (const { type, value, properties } of happened as readonly (Omit<CollectedEvent, 'type'> & {
      type: string;
    })[]) {
      count(type);
      if (type === 'dwell' || type === 'booking') count(`${type}_value`, value);
      if (type === 'scroll_depth' || type === 'form_progress')
        values[`${type}_value`] = Math.max(values[`${type}_value`] ?? 0, value!);
      if (type === 'pointer_activity')
        count(`cell.${String(properties!.cell).split(',').join('_')}`, value ?? 1);
      if (type === 'feature_use')
        count(
          { Map: 'feature.map', 'photo zoom': 'feature.photo_zoom', filter: 'feature.filter' }[
            String(properties!.feature)
          ] ?? 'feature.unnamed',
        );
    }
    const given = JSON.parse(own[0].request).context as Record<
      string,
      string | number | boolean | null
    >;
    const context: Record<string, string> = { hour: String(new Date(firstAt).getUTCHours()) };
    for (const name of settings.context)
      if (given[name] !== undefined && given[name] !== null) context[name] = String(given[name]);
    const dated: Record<string, number> = {};
    for (const { user, session, outcome } of credits) {
      const { metric, value, at } = outcome;
      if ((settings.unit === 'user' ? user : session) !== unit || at < firstAt) continue;
      dated[`${metric}@${at}`] = (dated[`${metric}@${at}`] ?? 0) + value;
    }
    return { unit, firstAt, userId, values, context, outcomes: dated };
  });
}
