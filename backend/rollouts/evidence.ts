import { sql } from 'drizzle-orm';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import type { Effect } from '../science/statistics/effect.ts';
import type { ExperimentStatistics } from '../science/experiment/experiment-statistics.ts';
import type { Account } from '../log/account/account.ts';
import { countedExposures, countedRankings } from '../log/account/counted.ts';
import { readLive } from '../models/live-pointer.ts';
import type { Experiment } from '../experiments/new-experiment.ts';
import type { Store } from '../store/open.ts';
import { mismatches } from './canary-readings.ts';
import { canaryWindows } from './canary-windows.ts';
import type { RolloutEvidence } from './decide-rollout.ts';
import { rolloutReadings } from './gain-readings.ts';
import { asSplit, interleavedSessions, whoWaits } from './gather-gain.ts';
import { readPlan } from './read-plan.ts';
import { CHALLENGER, experimentOf, type RolloutRow, stateOf, stepsOf } from './rollout-rows.ts';
import { DEFAULT_ROLLOUT_RULES, type RolloutRules } from './settings.ts';
import { isUnseen, SHARE } from './steps.ts';

export interface EvidenceDeps {
  readonly store: Store;
  readonly account: Pick<Account, 'update'>;
  /** Sessions that were first exposed in a window, by arm and day. */
  readonly collect: (
    experiment: Experiment,
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
  const stages = await stepsOf(store, row.id);
  const windows = canaryWindows(stages, state, nowMs, settleMs);
  const experiment = await experimentOf(store, row);
  const rules = (row.rules as unknown as RolloutRules).gain;
  const strata = [];
  for (const window of windows)
    strata.push({ window, statistics: await deps.collect(asSplit(experiment), window) });
  const interleaved = await interleavedSessions(deps, experiment, stages, state, nowMs);
  const { guardrails, gain } = rolloutReadings(
    experiment,
    { strata, ...(interleaved && { interleaved }) },
    { alpha, combine: deps.combine, ...(rules ?? DEFAULT_ROLLOUT_RULES.gain!) },
  );
  const sessions = await sessionsOf(deps, row);
  return {
    pointer,
    ...gate,
    sessions,
    guardrails,
    ...(rules && {
      ...(!isUnseen(state.stage) && { gain }),
      plan: await readPlan(store, experiment, rules, { alpha: gain.alpha, nowMs }),
      ...(await whoWaits(store, row)),
    }),
    doubts: [...mismatches(strata), ...(await deps.doubts())],
  };
}

/** How many sessions of people the challenger ranked, or scored in shadow, since the stage began; by the account. */
async function sessionsOf({ store, account }: EvidenceDeps, row: RolloutRow): Promise<number> {
  const { stage, sinceMs } = stateOf(row);
  if (stage !== 'shadow' && stage !== 'interleaved' && SHARE[stage] === 0) return 0;
  await account.update();
  const [{ n }] = await store.db.all<{ n: number }>(
    stage === 'shadow'
      ? // Whatever version served had the champion's schema, and the log has an index by schema.
        sql`select count(distinct d.sessionId) as n from ${countedRankings} d
          where d.schemaHash = (select schemaHash from weights where version = ${row.champion})
            and d.at >= ${sinceMs} and d.shadow ->> '$.version' = ${row.challenger}`
      : sql`select count(distinct x.sessionId) as n from ${countedExposures} x
          where x.experiment = ${row.experiment} and x.at >= ${sinceMs}
            and (x.arm = ${CHALLENGER} or ${stage === 'interleaved'})`,
  );
  return n;
}
