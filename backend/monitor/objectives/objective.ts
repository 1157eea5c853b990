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

const WORDS: Readonly<Record<ObjectiveName, (settings: ObjectiveSettings) => string>> = {
  available: () => 'probes of the edge are answered',
  inTime: () => 'rankings reach their page before it gives up',
  visitorLatency: ({ visitorLatency: { withinMs } }) =>
    `visitors have their ranking within ${withinMs} ms`,
  probeLatency: ({ probeLatency: { withinMs } }) =>
    `the edge answers the probe within ${withinMs} ms`,
  clickToDatabase: ({ clickToDatabase: { withinSeconds } }) =>
    `clicks are in the database within ${withinSeconds} s`,
  rollbackToEdges: ({ rollbackToEdges: { withinSeconds } }) =>
    `no edge ranks by a pointer that was replaced over ${withinSeconds} s ago`,
  alertDelay: ({ alertDelay: { withinMinutes } }) =>
    `notices of alerts are taken within ${withinMinutes} min`,
};

/** What an objective says, in a sentence. */
export const wordsOf = (name: ObjectiveName, settings: ObjectiveSettings): string =>
  WORDS[name](settings);
