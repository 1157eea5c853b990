import { and, countDistinct, eq, gte, sql } from 'drizzle-orm';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import type { Effect } from '../science/statistics/effect.ts';
import type { ExperimentStatistics } from '../science/experiment/experiment-statistics.ts';
import { readLive } from '../models/live-pointer.ts';
import type { Store } from '../store/open.ts';
import { decisions, exposures, weights } from '../store/tables.ts';
import { canaryReadings, mismatches } from './canary-readings.ts';
import { canaryWindows } from './canary-windows.ts';
import type { RolloutEvidence } from './decide-rollout.ts';
import {
  CHALLENGER,
  experimentOf,
  type RolloutExperiment,
  type RolloutRow,
  stateOf,
  stepsOf,
} from './rollout-rows.ts';
import { SHARE } from './steps.ts';

export interface EvidenceDeps {
  readonly store: Store;
  /** Sessions that were first exposed in a window, by arm and day. */
  readonly collect: (
    experiment: RolloutExperiment,
    window: { readonly from: number; readonly to: number },
  ) => Promise<ExperimentStatistics>;
  readonly combine: (effects: readonly Effect[]) => Effect;
  /** Why the data may be wrong, such as gaps in the log. */
  readonly doubts: () => Promise<readonly string[]>;
  readonly alpha: number;
  /** How long edges may still use the pointer before. */
  readonly settleMs: number;
}

/** Everything that the next decision depends on. While ops hold the pointer nothing else matters, so nothing is counted. */
export async function gatherEvidence(
  deps: EvidenceDeps,
  row: RolloutRow,
  nowMs: number,
): Promise<RolloutEvidence> {
  const { store, alpha, settleMs } = deps;
  const live = (await readLive(store))?.pointer;
  const pointer = {
    champion: live?.champion ?? RULES_VERSION,
    ...(live?.hold === true && { hold: true }),
    ...(live?.by !== undefined && { by: live.by }),
  };
  const gate = row.gate === null ? {} : { gate: row.gate as unknown as RolloutEvidence['gate'] };
  if (pointer.hold === true || row.stage === 'hold')
    return { pointer, ...gate, sessions: 0, guardrails: [] };
  const state = stateOf(row);
  const windows = canaryWindows(await stepsOf(store, row.id), state, nowMs, settleMs);
  const experiment = await experimentOf(store, row);
  const strata = [];
  for (const window of windows)
    strata.push({ window, statistics: await deps.collect(experiment, window) });
  return {
    pointer,
    ...gate,
    sessions: await sessionsOf(store, row),
    guardrails: strata.length === 0 ? [] : canaryReadings(experiment, strata, alpha, deps.combine),
    doubts: [...mismatches(strata), ...(await deps.doubts())],
  };
}

/** How many sessions the challenger ranked, or scored in shadow, since the stage began. */
async function sessionsOf(store: Store, row: RolloutRow): Promise<number> {
  const { stage, sinceMs } = stateOf(row);
  if (stage === 'shadow') {
    // Whatever version served had the champion's schema, and the log has an index by schema.
    const schemaHash = sql`(select ${weights.schemaHash} from ${weights} where ${weights.version} = ${row.champion})`;
    const [{ n }] = await store.db
      .select({ n: countDistinct(decisions.sessionId) })
      .from(decisions)
      .where(
        and(
          sql`${decisions.schemaHash} = ${schemaHash}`,
          gte(decisions.at, sinceMs),
          sql`json_extract(${decisions.shadow}, '$.version') = ${row.challenger}`,
        ),
      );
    return n;
  }
  if (SHARE[stage] === 0) return 0;
  const [{ n }] = await store.db
    .select({ n: countDistinct(exposures.sessionId) })
    .from(exposures)
    .where(
      and(
        eq(exposures.experiment, row.experiment),
        eq(exposures.arm, CHALLENGER),
        gte(exposures.at, sinceMs),
      ),
    );
  return n;
}
