import type { MetricDefinition } from '../../shared/domain/metric.ts';
import { isMetric } from '../../shared/domain/metric-name.ts';
import { eventMetric, type EventMetric } from '../science/learn/tallies.ts';

/** Something that a unit did, as a number: what metrics are made of. */
export type UnitColumn =
  | (EventMetric & {
      readonly from: 'events';
      readonly name: string;
      /** Only events with these properties count. */
      readonly where?: MetricDefinition['where'];
    })
  | { readonly from: 'rankings'; readonly name: string }
  | {
      readonly from: 'outcomes';
      readonly name: string;
      readonly metric: string;
      /** What comes later than this after the unit's first exposure does not count; default no end. */
      readonly withinMs?: number;
    };

/** @param name an event type, an amount, `rankings`, or `outcome.<name>`. @returns undefined where it is none. */
export function unitColumn(name: string): UnitColumn | undefined {
  if (name === 'rankings') return { from: 'rankings', name };
  const ofEvents = eventMetric(name);
  if (ofEvents !== undefined) return { from: 'events', name, ...ofEvents };
  if (!isMetric(name)) return undefined;
  return { from: 'outcomes', name, metric: name.slice('outcome.'.length) };
}
