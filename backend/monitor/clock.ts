import { duration } from '../../shared/text/text.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { LONGEST_GAP_MS, newestEntry, readLogTime } from '../log/log-time.ts';
import type { Store } from '../store/open.ts';
import { found, NOTHING, tooLittleData, type Observation } from './finding.ts';

const KEY = 'clock';

export interface Times {
  /** This machine's clock. */
  readonly nowMs: number;
  /** What time it is by the log. */
  readonly logMs: number;
  /** Of the newest entry, wherever it lies. */
  readonly newestMs: number;
}

/**
 * Finds a clock that is or was wrong, or a log that was not written for long: which of them it is, only people can tell.
 * Either way nothing is deleted or closed by age meanwhile.
 */
export function findWrongClock({ nowMs, logMs, newestMs }: Times): Observation {
  const date = (ms: number) => new Date(ms).toISOString();
  const details = { now: nowMs, log: logMs, newest: newestMs };
  const findings = [];
  if (newestMs - nowMs > DAY_MS)
    findings.push({
      key: `${KEY}: entries from the future`,
      kind: 'clock' as const,
      message: `the log has entries up to ${date(newestMs)}, and this machine's clock says ${date(nowMs)}: one of the clocks is or was wrong`,
      details,
    });
  if (nowMs - logMs > LONGEST_GAP_MS)
    findings.push({
      key: `${KEY}: ahead of the log`,
      kind: 'clock' as const,
      message: `this machine's clock says ${date(nowMs)}, ${duration(nowMs - logMs)} after what the log tells (${date(logMs)}): put the clock right, or, where nothing was ranked for so long, wait; nothing is deleted or closed by age until there are entries on three days`,
      details,
    });
  return findings.length === 0 ? NOTHING : found(...findings);
}

export async function readWrongClock({ db }: Store, nowMs: number): Promise<Observation> {
  const logMs = await readLogTime(db, nowMs);
  const newestMs = await newestEntry(db, Number.MAX_SAFE_INTEGER);
  if (newestMs === undefined) return tooLittleData(`${KEY}: ahead of the log`);
  return findWrongClock({ nowMs, logMs: logMs ?? nowMs, newestMs });
}
