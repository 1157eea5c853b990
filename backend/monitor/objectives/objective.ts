import type { ObjectiveSettings } from './settings.ts';

/** In the order in which they are shown. */
export const OBJECTIVES = [
  'available',
  'inTime',
  'visitorLatency',
  'probeLatency',
  'clickToDatabase',
  'rollbackToEdges',
  'alertDelay',
] as const;
export type ObjectiveName = (typeof OBJECTIVES)[number];

/** How many events of a span there were, and how many of them were as the objective wants them. */
export interface Counts {
  readonly good: number;
  readonly total: number;
}

export const SPAN_MS = 5 * 60_000;

export interface SpanCounts extends Counts {
  readonly objective: ObjectiveName;
  /** Epoch ms of the span's beginning, a multiple of `SPAN_MS`. */
  readonly at: number;
}

/** What an objective says, in a sentence. */
export function wordsOf(name: ObjectiveName, settings: ObjectiveSettings): string {
  switch (name) {
    case 'available':
      return 'probes of the edge are answered';
    case 'inTime':
      return 'rankings reach their page before it gives up';
    case 'visitorLatency':
      return `visitors have their ranking within ${settings.visitorLatency.withinMs} ms`;
    case 'probeLatency':
      return `the edge answers the probe within ${settings.probeLatency.withinMs} ms`;
    case 'clickToDatabase':
      return `clicks are in the database within ${settings.clickToDatabase.withinSeconds} s`;
    case 'rollbackToEdges':
      return `no edge ranks by a pointer that was replaced over ${settings.rollbackToEdges.withinSeconds} s ago`;
    case 'alertDelay':
      return `notices of alerts are taken within ${settings.alertDelay.withinMinutes} min`;
  }
}
