import { messageOf } from '../../shared/text/message-of.ts';
import { runMonitors, type Monitor, type RunMonitorsDeps } from './run-monitors.ts';

/**
 * Opens and ends the alerts of what is read from elsewhere at once: what is whole again is no condition that comes and goes. Does not throw.
 */
export async function checkAtOnce(
  monitor: Monitor,
  deps: Pick<RunMonitorsDeps, 'store' | 'nowMs' | 'log'>,
): Promise<void> {
  try {
    await runMonitors({ ...deps, monitors: [monitor], clearMs: 0 });
  } catch (error) {
    deps.log(`the alerts of "${monitor.kind}" are checked later: ${messageOf(error)}`);
  }
}
