import { readLive } from '../models/live-pointer.ts';
import { onlineLearning } from '../store/tables.ts';
import type { Store } from '../store/open.ts';
import { CHAMPION_ARM } from '../../shared/domain/weight-delta.ts';
import { type Finding, found, type Observation } from './finding.ts';

const KIND = 'learning limited';
const LONG_MS = 3_600_000;

/**
 * Finds arms of whose live version a large share of the weights has been changed as far as the trust region lets it, for an hour: what
 * people like is not what the version was trained on, and less than that is served.
 */
export async function readLimitedLearning(store: Store, nowMs: number): Promise<Observation> {
  const pointer = (await readLive(store))?.pointer;
  const { arm, version, stoppedAt, changed, atLimit, limitedSince } = onlineLearning;
  const rows = await store.db
    .select({ arm, version, stoppedAt, changed, atLimit, limitedSince })
    .from(onlineLearning);
  const findings = rows.flatMap((row): Finding[] => {
    const live = row.arm === CHAMPION_ARM ? pointer?.champion : pointer?.arms?.[row.arm];
    const since = row.limitedSince;
    if (row.stoppedAt !== null || live !== row.version || since === null) return [];
    if (nowMs - since < LONG_MS) return [];
    return [
      {
        key: `${KIND}: ${row.arm} ${row.version}`,
        kind: KIND,
        message: `of the ${row.changed} weights of ${row.version} that ${row.arm} has changed as people click, ${row.atLimit} are as far from where they were published as onlineLearning.trustRegion lets them be: train anew, or widen it`,
        details: {
          arm: row.arm,
          version: row.version,
          changed: row.changed,
          atLimit: row.atLimit,
          since,
        },
      },
    ];
  });
  return found(...findings);
}
