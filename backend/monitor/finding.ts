/** What the monitors check; alerts are named after it. */
export const ALERT_KINDS = [
  'degraded metrics',
  'drift',
  'data quality',
  'unseen values',
  'sample ratio mismatch',
  'stale data',
  'catalogue feed',
  'exchange rates',
  'ingest lag',
  'old edges',
  'degraded rankings',
  'lost decisions',
  'latency',
  'edge errors',
  'refused feedback',
  'clock',
  'rollout stands still',
  'placement left',
  'learning stopped',
  'learning limited',
  'fast burn',
  'slow burn',
  'costs',
  'overdue erasure',
  'monitor',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** A condition that somebody should know of, as it is at this check. */
export interface Finding {
  /** Names the condition: findings with the same key are about the same condition, now and later. */
  readonly key: string;
  readonly kind: AlertKind;
  /** A sentence with figures and limits. */
  readonly message: string;
  /** Figures only, as they are sent to the webhook. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** The result of one check. A condition that is in neither list is over. */
export interface Observation {
  readonly findings: readonly Finding[];
  /** Keys of conditions that cannot be checked now for want of data: their alerts stay as they are. */
  readonly unknown: readonly string[];
  /** What was seen and is no condition, for the backend's log. */
  readonly noted?: readonly string[];
  /** Parts of what is checked whose check failed itself, while the others were checked. */
  readonly failed?: readonly FailedPart[];
}

export interface FailedPart {
  /** As part of a sentence: `placement home`. */
  readonly of: string;
  readonly error: unknown;
}

export const NOTHING: Observation = { findings: [], unknown: [] };

export const found = (...findings: readonly Finding[]): Observation => ({ findings, unknown: [] });

export const tooLittleData = (...unknown: readonly string[]): Observation => ({
  findings: [],
  unknown,
});
