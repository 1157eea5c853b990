import { wilson } from '../science/statistics/wilson.ts';
import { count, percent } from '../../shared/text/text.ts';
import type { Probe } from './edge-probe.ts';
import { found, NOTHING, tooLittleData, type Observation } from './finding.ts';
import type { MonitorSettings } from './settings.ts';

const KEY = 'edge errors';

/** Finds an edge that does not answer this backend's probe, or answers it by an error, too often: the lower 95 % bound is over the limit. */
export function findEdgeErrors(
  probes: readonly Probe[],
  { windowMinutes, minProbes, maxShare }: MonitorSettings['edgeErrors'],
  nowMs: number,
): Observation {
  const lately = probes.filter(({ at }) => at >= nowMs - windowMinutes * 60_000);
  if (lately.length < minProbes) return tooLittleData(KEY);
  const failed = lately.filter(({ problem }) => problem !== undefined);
  const { rate, low } = wilson(failed.length, lately.length);
  if (low! <= maxShare) return NOTHING;
  return found({
    key: KEY,
    kind: KEY,
    message: `${percent(rate!, { digits: 1 })} of the last ${windowMinutes} minutes' probes of the edge failed (${count(failed.length)} of ${count(lately.length)}), over ${percent(maxShare)}; the last one: ${failed.at(-1)!.problem}`,
    details: { probes: lately.length, failed: failed.length, maxShare },
  });
}
