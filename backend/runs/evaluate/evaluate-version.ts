import type { Scorer } from '../../../shared/score/scorer.ts';
import { openObjectStore } from '../../log/partitions/open-object-store.ts';
import type { TrainingWindow } from '../../log/training-set/collect.ts';
import { readPartitions } from '../../log/training-set/read-partitions.ts';
import { readServed } from '../../log/training-set/read-served.ts';
import type { TrainingSource } from '../../log/training-set/read-training-data.ts';
import { pointsPerRow } from '../../science/learn/score-set.ts';
import { sliceSlates, slateCount, type TrainingSet } from '../../science/learn/training-set.ts';
import type { PairedComparison } from '../../science/statistics/paired-comparison.ts';
import {
  compareRankings,
  evaluateRanking,
  type RankingEvaluation,
  type SlateMeasure,
} from '../../science/evaluation/evaluate-ranking.ts';
import { runGate, type GateEvidence, type GateReport } from '../../science/evaluation/gate.ts';
import { gateEvidence } from '../../science/evaluation/gate-evidence.ts';
import { offPolicyGain } from '../../science/evaluation/off-policy-gain.ts';
import type { OffPolicyReport } from '../../science/evaluation/off-policy/off-policy-report.ts';

export interface EvaluationJob {
  readonly data: Pick<TrainingSource, 'location' | 'manifests' | 'influence'>;
  readonly quality: NonNullable<GateEvidence['dataQuality']>;
  readonly champion: Scorer;
  readonly challenger: Scorer;
  /** Starts before `heldFrom`: drift is measured against that part. */
  readonly window: TrainingWindow;
  /** Epoch ms: neither scorer has learned from rankings since then. */
  readonly heldFrom: number;
  /** Metric → weight. */
  readonly reward: Readonly<Record<string, number>>;
}

/** How a version compares with its champion on later logs, as one JSON value. */
export interface VersionEvaluation {
  readonly version: string;
  readonly against: string;
  readonly heldFrom: number;
  readonly to: number;
  readonly rankings: number;
  readonly champion: RankingEvaluation;
  readonly challenger: RankingEvaluation;
  readonly comparisons: Readonly<Record<SlateMeasure, PairedComparison>>;
  readonly offPolicy?: OffPolicyReport;
  readonly gate: GateReport;
}

const SEED = 1;

/** Evaluates a version on rankings that neither it nor its champion learned from. */
export async function evaluateVersion(job: EvaluationJob): Promise<VersionEvaluation> {
  const { champion, challenger, window, heldFrom } = job;
  const objects = openObjectStore(job.data.location);
  const { manifests } = job.data;
  const { set } = await readPartitions(
    objects,
    manifests,
    champion.schema,
    window,
    job.reward,
    undefined,
    [],
    { base: champion, limits: job.data.influence },
  );
  const cut = firstFrom(set, heldFrom);
  const held = sliceSlates(set, cut, slateCount(set));
  const served = await readServed(objects, manifests, {
    version: champion.version,
    exploration: champion.exploration,
    from: heldFrom,
    to: window.to,
  });
  const off = offPolicyGain(served, champion, challenger, job.reward);
  const [before, after] = [pointsPerRow(champion, held), pointsPerRow(challenger, held)];
  return {
    version: challenger.version,
    against: champion.version,
    heldFrom,
    to: window.to,
    rankings: slateCount(held),
    champion: evaluateRanking(held, before, { calibration: champion.calibration, seed: SEED }),
    challenger: evaluateRanking(held, after, { calibration: challenger.calibration, seed: SEED }),
    comparisons: compareRankings(held, before, after, { seed: SEED }),
    ...(off.report && { offPolicy: off.report }),
    gate: runGate({
      ...gateEvidence(champion, challenger, sliceSlates(set, 0, cut), held),
      offPolicyGain: off.gain,
      guardrails: [],
      dataQuality: job.quality,
    }),
  };
}

/** Slates are in order of time. */
function firstFrom({ at }: TrainingSet, time: number): number {
  const found = at.findIndex((moment) => moment >= time);
  return found < 0 ? at.length : found;
}
