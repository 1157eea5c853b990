import type { Periods } from '../reports/privacy/inventory.ts';
import { keptDaysOf, type BackendConfig } from './config.ts';

/** For how many days each kind of record is kept, by the settings in force. */
export function periodsOf(
  config: Pick<BackendConfig, 'trainingData' | 'metricWeights' | 'privacy'>,
): Periods {
  const { trainingData, privacy } = config;
  const units = keptDaysOf(config);
  return {
    log: trainingData.retentionDays,
    units,
    counts: trainingData.dailyCountsDays,
    tombstones: trainingData.attributionDays + 1,
    receipts: privacy.receiptDays,
    audit: privacy.auditDays ?? null,
    reports: privacy.reportDays ?? null,
    alerts: privacy.alertDays ?? units,
    silences: privacy.alertDays ?? null,
    latency: privacy.latencyDays ?? trainingData.dailyCountsDays,
    exclusions: privacy.exclusionDays ?? null,
    ever: null,
  };
}
