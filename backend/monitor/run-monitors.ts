import { traceOf } from '../process/trace-of.ts';
import type { Store } from '../store/open.ts';
import { updateAlerts } from './alerts.ts';
import {
  ALERT_KINDS,
  type AlertKind,
  type FailedPart,
  type Finding,
  type Observation,
} from './finding.ts';

export interface Monitor {
  readonly kind: AlertKind;
  readonly check: (nowMs: number) => Promise<Observation>;
}

export interface RunMonitorsDeps {
  readonly store: Store;
  readonly monitors: readonly Monitor[];
  readonly clearMs: number;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

/**
 * Runs every monitor and brings the alerts up to date. A monitor that fails leaves its alerts as they are, and is an
 * alert itself, and so is one that fails of a part of what it checks. Alerts that open or recover are logged.
 */
export async function runMonitors({
  store,
  monitors,
  clearMs,
  nowMs,
  log,
}: RunMonitorsDeps): Promise<void> {
  const findings: Finding[] = [];
  const running = new Set(monitors.map(({ kind }) => kind));
  // Whether the monitors that are not run now would fail is not known.
  const unknown = ALERT_KINDS.filter((kind) => !running.has(kind)).map(failureKey);
  const checked: AlertKind[] = ['monitor'];
  for (const { kind, check } of monitors) {
    try {
      const observed = await check(nowMs());
      findings.push(...observed.findings);
      unknown.push(...observed.unknown);
      observed.noted?.forEach(log);
      const { failed = [] } = observed;
      for (const { of, error } of failed)
        log(`the monitor of ${kind} failed for ${of}: ${traceOf(error)}`);
      if (failed.length > 0) findings.push(failureOf(kind, failed));
      checked.push(kind);
    } catch (error) {
      log(`the monitor of ${kind} failed: ${traceOf(error)}`);
      findings.push(failureOf(kind, []));
    }
  }
  const changed = await updateAlerts(store, findings, checked, nowMs(), { unknown, clearMs });
  for (const { key, message } of changed.opened) log(`alert "${key}" opened: ${message}`);
  for (const { key, message } of changed.recovered) log(`alert "${key}" is over (was: ${message})`);
}

/**
 * Without the error, which may contain an address with a token: alerts are sent to the webhook.
 * @param failed the parts that were not checked; none: nothing was.
 */
function failureOf(kind: AlertKind, failed: readonly FailedPart[]): Finding {
  const parts = failed.map(({ of }) => of);
  return {
    key: failureKey(kind),
    kind: 'monitor',
    message: `the monitor of ${kind} failed${parts.length === 0 ? '' : ` for ${parts.join(', ')}`}: the backend's log says why`,
    details: { monitor: kind, ...(parts.length > 0 && { failed: parts }) },
  };
}

const failureKey = (kind: AlertKind) => `monitor: ${kind}`;
