import { ALERT_KINDS, type AlertKind } from './finding.ts';

/** From the least to the most severe. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** `critical`: visitors get less than they should, or something is being lost, at this moment. `info`: worth a look some day. */
const OF_KIND: Readonly<Record<AlertKind, Severity>> = {
  'degraded metrics': 'warning',
  drift: 'warning',
  'data quality': 'warning',
  'unseen values': 'info',
  'sample ratio mismatch': 'warning',
  'stale data': 'warning',
  'catalogue feed': 'warning',
  'exchange rates': 'warning',
  'ingest lag': 'critical',
  'old edges': 'warning',
  'degraded rankings': 'critical',
  'lost decisions': 'critical',
  latency: 'critical',
  'edge errors': 'critical',
  'refused feedback': 'warning',
  clock: 'warning',
  'rollout stands still': 'warning',
  'placement left': 'warning',
  'learning stopped': 'warning',
  'learning limited': 'info',
  'fast burn': 'critical',
  'slow burn': 'warning',
  costs: 'warning',
  'overdue erasure': 'warning',
  monitor: 'warning',
};

/** Of an alert that an older backend opened and nothing here names, a warning. */
export const severityOf = (kind: string): Severity =>
  (OF_KIND as Readonly<Record<string, Severity | undefined>>)[kind] ?? 'warning';

export const isAtLeast = (severity: Severity, least: Severity): boolean =>
  SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);

/** The kinds that are at least so severe. */
export const kindsFrom = (least: Severity): AlertKind[] =>
  ALERT_KINDS.filter((kind) => isAtLeast(OF_KIND[kind], least));
