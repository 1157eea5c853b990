/** What a monitor looks at; its alerts carry the name. */
export const ALERT_KINDS = [
  'degraded metrics',
  'drift',
  'data quality',
  'sample ratio mismatch',
  'stale data',
  'ingest lag',
  'old edges',
  'degraded rankings',
  'monitor',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** A condition that somebody should know of, as it is now. */
export interface Finding {
  /** What it is about: equal keys are one condition, now and later. */
  readonly key: string;
  readonly kind: AlertKind;
  /** For people, with figures and limits. */
  readonly message: string;
  /** Figures only: they leave by the webhook. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** What one look found. A condition that is in neither list is over. */
export interface Observation {
  readonly findings: readonly Finding[];
  /** Keys of which nothing can be told now, for want of data: whatever was known of them stands. */
  readonly untold: readonly string[];
}

export const NOTHING: Observation = { findings: [], untold: [] };

export const found = (...findings: readonly Finding[]): Observation => ({ findings, untold: [] });

export const cannotTell = (...untold: readonly string[]): Observation => ({ findings: [], untold });
