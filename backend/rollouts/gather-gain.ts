import { sql } from 'drizzle-orm';
import { addInterleaving, type InterleavingStatistic } from '../science/experiment/interleaving.ts';
import type { ExperimentStatistics } from '../science/experiment/experiment-statistics.ts';
import type { Experiment } from '../experiments/new-experiment.ts';
import type { ServedArms } from '../experiments/served-arms.ts';
import type { Store } from '../store/open.ts';
import { rolloutDecisions, weights } from '../store/tables.ts';
import type { RolloutDecision } from './decide-rollout.ts';
import type { RolloutEvidence, RolloutState } from './rollout-evidence.ts';
import { CHALLENGER, CHAMPION, openRollouts, type RolloutRow } from './rollout-rows.ts';

/** What the challenger's canary counts, whatever its stage serves now. */
export const asSplit = (experiment: Experiment): Experiment => ({
  ...experiment,
  design: 'split',
  arms: [
    { name: CHALLENGER, weight: 1 },
    { name: CHAMPION, weight: 1 },
  ],
});

/** The revisions of the pointer under which the slates were interleaved. */
export const interleavedRevisions = (served: readonly ServedArms[]): number[] =>
  served.filter(({ design }) => design === 'interleaved').map(({ revision }) => revision);

/** The sessions whose slates were interleaved in this rollout; undefined where none were. */
export async function interleavedSessions(
  {
    collect,
    settleMs,
  }: {
    readonly collect: (
      experiment: Experiment,
      window: {
        readonly from: number;
        readonly to: number;
        readonly revisions: readonly number[];
      },
    ) => Promise<ExperimentStatistics>;
    readonly settleMs: number;
  },
  experiment: Experiment,
  steps: readonly RolloutDecision[],
  state: RolloutState,
  nowMs: number,
  served: readonly ServedArms[],
): Promise<InterleavingStatistic | undefined> {
  const revisions = interleavedRevisions(served);
  let all: InterleavingStatistic | undefined;
  for (const [i, { next, atMs }] of steps.entries()) {
    const from = atMs + settleMs;
    const to = steps[i + 1]?.atMs ?? (state.stage === next.stage ? nowMs : atMs);
    if (next.stage !== 'interleaved' || (from >= to && revisions.length === 0)) continue;
    const window = { from, to, revisions };
    const { interleaving } = await collect({ ...experiment, design: 'interleaved' }, window);
    if (interleaving === undefined) continue;
    all = all === undefined ? interleaving : addInterleaving(all, interleaving);
  }
  return all;
}

/** Who waits behind a rollout and has passed the gate, and since when it has stood still. */
export async function whoWaits(
  store: Store,
  row: RolloutRow,
): Promise<Pick<RolloutEvidence, 'successor' | 'stuckSinceMs'>> {
  const next = (await openRollouts(store)).find(
    ({ id, champion, gate }) =>
      id !== row.id && champion === row.champion && gate?.verdict === 'promote',
  );
  const stuckSinceMs = await readStuckSince(store, row);
  return {
    ...(stuckSinceMs !== null && { stuckSinceMs }),
    ...(next && {
      successor: {
        version: next.challenger as RolloutState['challenger'],
        isBetter: await isBetter(store, next, row),
      },
    }),
  };
}

/** When the decisions began to say that somebody must decide, of which none says otherwise since, epoch ms. */
export async function readStuckSince(
  store: Store,
  { id }: Pick<RolloutRow, 'id'>,
): Promise<number | null> {
  const own = sql`${rolloutDecisions.rollout} = ${id}`;
  const stuck = sql`json_extract(${rolloutDecisions.decision}, '$.stuck')`;
  const [{ at }] = await store.db.all<{ at: number | null }>(sql`
    select min(${rolloutDecisions.at}) as at from ${rolloutDecisions}
    where ${own} and ${rolloutDecisions.id} >
      coalesce((select max(${rolloutDecisions.id}) from ${rolloutDecisions} where ${own} and ${stuck} is null), 0)`);
  return at;
}

/** By the same evidence of the gate, against the same champion: the whole interval of its gain lies above that of the other one. */
async function isBetter(store: Store, next: RolloutRow, than: RolloutRow): Promise<boolean> {
  const [a, b] = [await gateGain(store, next.challenger), await gateGain(store, than.challenger)];
  if (a === undefined || b === undefined) return false;
  return a.parent === b.parent && a.decidedBy === b.decidedBy && a.low > b.high;
}

/** The gain that decided at a version's gate, with the version that it was compared with. */
async function gateGain(store: Store, version: string) {
  const [row] = await store.db
    .select({ lineage: weights.lineage })
    .from(weights)
    .where(sql`${weights.version} = ${version}`);
  const { gate, parent } = (row?.lineage ?? {}) as {
    readonly parent?: string;
    readonly gate?: {
      readonly decidedBy?: string;
      readonly gain?: { readonly low: number; readonly high: number };
    };
  };
  if (gate?.gain === undefined || parent === undefined) return undefined;
  return { parent, decidedBy: gate.decidedBy, ...gate.gain };
}
