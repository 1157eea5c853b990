import type { Store } from '../store/open.ts';
import { observe } from './alerts.ts';
import { ALERT_KINDS, type AlertKind, type Finding, type Observation } from './finding.ts';

export interface Monitor {
  readonly kind: AlertKind;
  readonly look: (nowMs: number) => Promise<Observation>;
}

export interface RunMonitorsDeps {
  readonly store: Store;
  readonly monitors: readonly Monitor[];
  readonly clearMs: number;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

/**
 * Lets every monitor look, and brings the alerts up to date. One that cannot look leaves its alerts as they are, and is
 * an alert itself; what opens and what is over is logged.
 */
export async function runMonitors({
  store,
  monitors,
  clearMs,
  nowMs,
  log,
}: RunMonitorsDeps): Promise<void> {
  const findings: Finding[] = [];
  const here = new Set(monitors.map(({ kind }) => kind));
  // Whether monitors that do not look now could, is not told.
  const untold = ALERT_KINDS.filter((kind) => !here.has(kind)).map(failureKey);
  const checked: AlertKind[] = ['monitor'];
  for (const { kind, look } of monitors) {
    try {
      const observed = await look(nowMs());
      findings.push(...observed.findings);
      untold.push(...observed.untold);
      checked.push(kind);
    } catch (error) {
      log(`the monitor of ${kind} failed: ${error instanceof Error ? error.stack : String(error)}`);
      findings.push({
        key: failureKey(kind),
        kind: 'monitor',
        // The error stays here: it may hold an address with a token, and alerts leave by the webhook.
        message: `the monitor of ${kind} cannot look: the backend's log says why`,
        details: { monitor: kind },
      });
    }
  }
  const changed = await observe(store, findings, checked, nowMs(), { untold, clearMs });
  for (const { key, message } of changed.opened) log(`alert "${key}" opened: ${message}`);
  for (const { key, message } of changed.recovered) log(`alert "${key}" is over (was: ${message})`);
}

const failureKey = (kind: AlertKind) => `monitor: ${kind}`;
