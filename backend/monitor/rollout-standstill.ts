import { lastDecisionOf, openRollouts } from '../rollouts/rollout-rows.ts';
import { readStuckSince } from '../rollouts/stuck-since.ts';
import type { Store } from '../store/open.ts';
import { type Finding, found, type Observation } from './finding.ts';
import type { MonitorSettings } from './settings.ts';

const KIND = 'rollout stands still';
const MINUTE_MS = 60_000;

/** Finds rollouts of which every decision has said for some time that an operator must decide something. */
export async function readStandstills(
  store: Store,
  { minutes }: MonitorSettings['standstill'],
  nowMs: number,
): Promise<Observation> {
  const findings: Finding[] = [];
  for (const { id, challenger, stage } of await openRollouts(store)) {
    const since = await readStuckSince(store, { id });
    if (since === null || nowMs - since < minutes * MINUTE_MS) continue;
    const why = (await lastDecisionOf(store, id))!.why;
    findings.push({
      key: `${KIND}: ${id}`,
      kind: KIND,
      message: `the rollout of ${challenger} stands still (${id}): ${why}`,
      details: { rollout: id, challenger, stage, since },
    });
  }
  return found(...findings);
}
