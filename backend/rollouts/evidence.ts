import { sql } from 'drizzle-orm';
import { RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import type { Effect } from '../science/statistics/effect.ts';
import type { ExperimentStatistics } from '../science/experiment/experiment-statistics.ts';
import type { Account } from '../log/account/account.ts';
import { countedRankings } from '../log/account/counted.ts';
import { readLiveAt } from '../models/live-pointer.ts';
import { whoMadeLive } from '../models/who-made-live.ts';
import { unitsPerArm } from '../experiments/exposed-units.ts';
import type { Experiment } from '../experiments/new-experiment.ts';
import { servedArms, type ServedArms } from '../experiments/served-arms.ts';
import type { Store } from '../store/open.ts';
import { mismatches } from './canary-readings.ts';
import { asSplit, canaryWindows, revisionsOf, type CanaryWindow } from './canary-windows.ts';
import type { RolloutEvidence } from './rollout-evidence.ts';
import { rolloutReadings } from './gain-readings.ts';
import { interleavedRevisions, interleavedSessions } from './interleaved-sessions.ts';
import { readPlan } from './read-plan.ts';
import { CHALLENGER, experimentOf, type RolloutRow, stateOf, stepsOf } from './rollout-rows.ts';
import { DEFAULT_ROLLOUT_RULES, type RolloutRules } from './settings.ts';
import { isUnseen, SHARE } from './steps.ts';
import { whoWaits } from './who-waits.ts';

export interface EvidenceDeps {
  readonly store: Store;
  readonly account: Pick<Account, 'update'>;
  /** Sessions of a stage, by arm and day. */
  readonly collect: (
    experiment: Experiment,
    window: Pick<CanaryWindow, 'from' | 'to' | 'revisions'>,
  ) => Promise<ExperimentStatistics>;
  readonly combine: (effects: readonly Effect[]) => Effect;
  /** Why the data may be wrong, such as gaps in the log. */
  readonly doubts: () => Promise<readonly string[]>;
  /** Where a rollout's rules are from before they held one. */
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
  const { store, settleMs } = deps;
  const live = await readLiveAt(store, row.lineage);
  const pointer = {
    champion: live?.champion ?? RULES_VERSION,
    ...(live?.hold === true && { hold: true }),
    ...(live?.by !== undefined && { by: live.by }),
    ...(live && isForeign(row, live) && { madeLiveBy: await nameOfMover(store, live.champion) }),
  };
  const gate = row.gate === null ? {} : { gate: row.gate as unknown as RolloutEvidence['gate'] };
  if (pointer.hold === true || row.stage === 'hold')
    return { pointer, ...gate, sessions: 0, guardrails: [] };
  const state = stateOf(row);
  const served = await servedArms(store, row.experiment);
  const stages = await stepsOf(store, row.id);
  const windows = canaryWindows(stages, state, nowMs, settleMs, served);
  const experiment = await experimentOf(store, row);
  const { gain: rules, alpha = deps.alpha } = row.rules as unknown as RolloutRules;
  const strata = [];
  for (const window of windows)
    strata.push({ window, statistics: await deps.collect(asSplit(experiment), window) });
  const interleaved = await interleavedSessions(deps, experiment, stages, state, nowMs, served);
  const { guardrails, gain } = rolloutReadings(
    experiment,
    { strata, ...(interleaved && { interleaved }) },
    { alpha, combine: deps.combine, ...(rules ?? DEFAULT_ROLLOUT_RULES.gain!) },
  );
  const sessions = await sessionsOf(deps, row, served);
  return {
    pointer,
    ...gate,
    sessions,
    guardrails,
    ...(rules && {
      ...(!isUnseen(state.stage) && { gain }),
      plan: await readPlan(store, experiment, rules, {
        alpha: gain.alpha,
        nowMs,
        lineage: row.lineage,
      }),
      ...(await whoWaits(store, row)),
    }),
    doubts: [...mismatches(strata), ...(await deps.doubts())],
  };
}

/** Whether somebody else made live what is, so that the decision has to name them. */
const isForeign = (row: RolloutRow, { champion, hold }: Pointer): boolean =>
  hold !== true && (row.stage === 'hold' || champion !== row.champion);

const nameOfMover = async (store: Store, version: Version): Promise<string> =>
  (await whoMadeLive(store, version)) ?? 'somebody';

/**
 * How many sessions of people, by the account, came to the challenger in this stage: those first exposed to it under the
 * stage's revisions, and where none is logged, since the stage began. In shadow those that it was scored for since then: the
 * log says itself which version was scored, so nothing depends on when an edge followed the pointer.
 */
async function sessionsOf(
  { store, account }: EvidenceDeps,
  row: RolloutRow,
  served: readonly ServedArms[],
): Promise<number> {
  const { stage, sinceMs } = stateOf(row);
  const isInterleaved = stage === 'interleaved';
  if (stage !== 'shadow' && !isInterleaved && (SHARE[stage] === 0 || stage === 'champion'))
    return 0;
  await account.update();
  if (stage === 'shadow') {
    // Whatever version served had the champion's schema, and the log has an index by schema.
    const [{ n }] = await store.db.all<{ n: number }>(
      sql`select count(distinct d.sessionId) as n from ${countedRankings} d
        where d.schemaHash = (select schemaHash from weights where version = ${row.champion})
          and d.at >= ${sinceMs} and not d.siteOrder and d.shadow ->> '$.version' = ${row.challenger}`,
    );
    return n;
  }
  const units = await unitsPerArm(store.db, {
    experiment: row.experiment,
    unit: 'session',
    from: sinceMs,
    to: Number.MAX_SAFE_INTEGER,
    revisions: isInterleaved ? interleavedRevisions(served) : revisionsOf(stage, served),
  });
  if (!isInterleaved) return units.get(CHALLENGER) ?? 0;
  // Every session sees both.
  return [...units.values()].reduce((sum, n) => sum + n, 0);
}
