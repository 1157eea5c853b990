import type { Schema } from '../../shared/features/schema.ts';
import type { QualityReport } from '../log/partitions/quality.ts';
import type { Span } from '../log/account/span.ts';
import { boundsOf, DAY_MS, dayOf } from '../../shared/domain/utc-day.ts';
import { tooLittleData, found, NOTHING, type Observation } from './finding.ts';
import type { MonitorSettings } from './settings.ts';

const KEY = 'data quality';

type Judged = Pick<QualityReport, 'passed' | 'failures' | 'completeness' | 'attribution'>;

/** @param day that the report is about. Of too few rankings a single fault would be a large share, so nothing is said. */
export function findDataQuality(
  report: Judged,
  day: string,
  { minRankings }: MonitorSettings['quality'],
): Observation {
  if (report.completeness.of < minRankings) return tooLittleData(KEY);
  if (report.passed) return NOTHING;
  return found({
    key: KEY,
    kind: KEY,
    message: `the log of ${day} failed its checks: ${report.failures.join('; ')}`,
    details: {
      day,
      failures: report.failures,
      completeness: report.completeness,
      attribution: report.attribution,
    },
  });
}

export interface DataQualityDeps {
  readonly schema: () => Promise<Schema>;
  readonly quality: (schema: Schema, window: Span) => Promise<Judged>;
}

/** Checks yesterday's log, which is complete by now. */
export async function readDataQuality(
  { schema, quality }: DataQualityDeps,
  settings: MonitorSettings['quality'],
  nowMs: number,
): Promise<Observation> {
  const day = dayOf(nowMs - DAY_MS);
  return findDataQuality(await quality(await schema(), boundsOf(day)), day, settings);
}
