import { addInterleaving, type InterleavingStatistic } from '../science/experiment/interleaving.ts';
import type { ExperimentStatistics } from '../science/experiment/experiment-statistics.ts';
import type { Experiment } from '../experiments/new-experiment.ts';
import type { ServedArms } from '../experiments/served-arms.ts';
import type { RolloutDecision } from './rollout-decision.ts';
import type { RolloutState } from './rollout-evidence.ts';

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
