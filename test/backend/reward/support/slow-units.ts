import type { Outcome } from '../../../../backend/log/ingest/outcomes.ts';
import type { UnitsOf } from '../../../../backend/log/account/units.ts';
import type { Decision } from '../../../../shared/domain/decision.ts';
import type { CollectedEvent } from '../../../../shared/format/ingest-bytes.ts';

export interface Log {
  readonly decisions: readonly Decision[];
  readonly events: readonly CollectedEvent[];
  readonly outcomes: readonly Outcome[];
}

/** What `metric_units` must hold in the end: each unit looked up in the whole log, one question at a time. */
export function slowUnits({ decisions, events, outcomes }: Log, settings: UnitsOf) {
  const key = settings.unit === 'user' ? 'userId' : 'sessionId';
  const ids = new Set(decisions.flatMap((decision) => decision[key] ?? []));
  return [...ids].map((unit) => {
    const own = decisions
      .filter((decision) => decision[key] === unit)
      .toSorted((a, b) => a.at - b.at || (a.rankingId < b.rankingId ? -1 : 1));
    const firstAt = own[0].at;
    const until = firstAt + settings.observeDays * 86_400_000;
    const userId = own.findLast((decision) => decision.userId !== undefined)?.userId ?? null;
    const happened = events.filter(
      ({ rankingId, receivedAt }) =>
        own.some((decision) => decision.rankingId === rankingId) && receivedAt < until,
    );
    const values: Record<string, number> = { rankings: own.filter(({ at }) => at < until).length };
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
    for (const { sessionId, userId: of, metric, value, at } of outcomes) {
      const isOwn =
        settings.unit === 'user'
          ? of === unit
          : sessionId === unit || (sessionId === undefined && of !== undefined && of === userId);
      if (!isOwn || at < firstAt) continue;
      dated[`${metric}@${at}`] = (dated[`${metric}@${at}`] ?? 0) + value;
    }
    return { unit, firstAt, userId, values, context, outcomes: dated };
  });
}
