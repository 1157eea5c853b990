import { ApiError } from '../../../shared/domain/errors.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';
import { minuteOf } from '../../../shared/text/text.ts';
import { openObjectStore } from '../../log/partitions/open-object-store.ts';
import type { TrainingWindow } from '../../log/training-set/collect.ts';
import { readPartitions } from '../../log/training-set/read-partitions.ts';
import { readServed } from '../../log/training-set/read-served.ts';
import type { TrainingSource } from '../../log/training-set/read-training-data.ts';
import { packedCatalogue } from '../shell/packed-catalogue.ts';
import { warmSlope } from '../../science/learn/additive/first-pass.ts';
import { slotOffsets } from '../../science/learn/additive/slot-weights.ts';
import type { Database } from '../../store/connect.ts';
import { pointsPerRow } from '../../science/learn/score-set.ts';
import { sliceSlates, slateCount, type TrainingSet } from '../../science/learn/training-set.ts';
import type { PairedComparison } from '../../science/statistics/paired-comparison.ts';
import {
  compareRankings,
  evaluateRanking,
  type RankingEvaluation,
  type SlateMeasure,
} from '../../science/evaluation/evaluate-ranking.ts';
import { calibratedOn } from '../../science/evaluation/calibrated-on.ts';
import { runGate } from '../../science/evaluation/gate.ts';
import type { GateReport } from '../../science/evaluation/gate-report.ts';
import type { GateRules } from '../../science/evaluation/gate-rules.ts';
import { gateEvidence, type GateEvidence } from '../../science/evaluation/gate-evidence.ts';
import { offPolicyGain } from '../../science/evaluation/off-policy-gain.ts';
import type { OffPolicyReport } from '../../science/evaluation/off-policy/off-policy-report.ts';

export interface EvaluationJob {
  readonly data: Pick<TrainingSource, 'location' | 'manifests' | 'influence'>;
  /** Where logged requests and the catalogue are read. */
  readonly database: Database;
  readonly quality: NonNullable<GateEvidence['dataQuality']>;
  readonly champion: Scorer;
  readonly challenger: Scorer;
  /** Starts before `heldFrom`: calibration is checked on that part, most of which the challenger learned from. */
  readonly window: TrainingWindow;
  /** Epoch ms: neither scorer has learned from rankings since then. */
  readonly heldFrom: number;
  /** Metric → weight. */
  readonly reward: Readonly<Record<string, number>>;
  readonly rules?: Partial<GateRules>;
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
  /** Absent in evaluations from before it was stored. */
  readonly coverage?: EvaluationCoverage;
  /** What the training data of each lacked of the recommended minimums; null where unknown, absent in older reports. */
  readonly belowMinimums?: Readonly<Record<'version' | 'against', readonly string[] | null>>;
}

/** How much of the held-out log the evaluation could use. */
export interface EvaluationCoverage {
  /** Held-out rankings that count, and those with a reward, which ranking measures are of. */
  readonly rankings: number;
  readonly rewarded: number;
  /** Held-out rankings that the limits on persons and items leave out; absent in older evaluations. */
  readonly overLimits?: number;
  /** Candidates that the held-out rankings showed, and those in rankings with a reward. */
  readonly candidates: number;
  readonly rewardedCandidates: number;
  /** Held-out rankings that the champion drew itself, and those that the off-policy estimate could use. */
  readonly served: number;
  readonly offPolicy: number;
}

const SEED = 1;

/**
 * Evaluates a version on rankings that neither it nor its champion learned from.
 * @throws ApiError 409 where there are none.
 */
export async function evaluateVersion(job: EvaluationJob): Promise<VersionEvaluation> {
  const { champion, challenger, window, heldFrom } = job;
  const objects = openObjectStore(job.data.location);
  const { manifests } = job.data;
  const { set, counted } = await readPartitions(
    objects,
    manifests,
    champion.schema,
    { ...window, countedFrom: heldFrom },
    job.reward,
    undefined,
    [],
    { base: champion, limits: job.data.influence },
  );
  const cut = firstFrom(set, heldFrom);
  const held = sliceSlates(set, cut, slateCount(set));
  if (slateCount(held) === 0) throw nothingLater(job);
  const earlier = sliceSlates(set, 0, cut);
  const served = await readServed(objects, manifests, {
    version: champion.version,
    exploration: champion.exploration,
    from: heldFrom,
    to: window.to,
    scope: window.scope,
  });
  // Loaded where there is something to evaluate: the database driver is no part of what reading partitions needs.
  const catalogue = packedCatalogue(job.database, champion.schema);
  const { withPools } = await import('../shell/logged-pools.ts');
  const pooled = await withPools(job.database, catalogue, served, champion, challenger);
  const off = offPolicyGain(pooled, champion, challenger, job.reward);
  // The champion chose the slots, so without their effect its own order would look better than it is.
  const known = earlier.reward.some((reward) => reward > 0) ? earlier : held;
  const slots = slotOffsets(challenger, known, warmSlope(challenger, known), held);
  const { loggedCover } = await import('../shell/logged-cover.ts');
  const span = { from: heldFrom, to: window.to };
  const cover = await loggedCover(
    job.database,
    catalogue,
    champion,
    challenger,
    span,
    window.scope,
  );
  const [before, after] = [pointsPerRow(champion, held), pointsPerRow(challenger, held)];
  const judge = (scorer: Scorer, points: Float64Array) => {
    const calibration = calibratedOn(scorer, earlier);
    return evaluateRanking(held, points, { ...(calibration && { calibration }), seed: SEED });
  };
  return {
    version: challenger.version,
    against: champion.version,
    heldFrom,
    to: window.to,
    rankings: slateCount(held),
    champion: judge(champion, before),
    challenger: judge(challenger, after),
    comparisons: compareRankings(held, before, after, { seed: SEED }),
    ...(off.report && { offPolicy: off.report }),
    gate: runGate(
      {
        ...gateEvidence(champion, challenger, earlier, held, slots),
        offPolicyGain: off.gain,
        ...(cover && { cover }),
        guardrails: [],
        dataQuality: job.quality,
      },
      job.rules,
    ),
    coverage: {
      ...usable(held),
      overLimits: counted.rankings - slateCount(held),
      served: served.length,
      offPolicy: off.report?.units ?? 0,
    },
  };
}

const nothingLater = ({ champion, challenger, heldFrom, window }: EvaluationJob): ApiError =>
  new ApiError(
    409,
    'not_enough_data',
    `no ranking since ${minuteOf(heldFrom)} UTC that neither ${challenger.version} nor ${champion.version} learned from, until ${minuteOf(window.to)} UTC: evaluate again once there are some, or name an earlier "from"`,
  );

function usable(
  held: TrainingSet,
): Omit<EvaluationCoverage, 'overLimits' | 'served' | 'offPolicy'> {
  let [rewarded, rewardedCandidates] = [0, 0];
  for (let slate = 0; slate < slateCount(held); slate++) {
    const [first, end] = [held.starts[slate], held.starts[slate + 1]];
    if (!held.reward.subarray(first, end).some((reward) => reward > 0)) continue;
    rewarded++;
    rewardedCandidates += end - first;
  }
  return { rankings: slateCount(held), rewarded, candidates: held.rows, rewardedCandidates };
}

/** Slates are in order of time. */
function firstFrom({ at }: TrainingSet, time: number): number {
  const found = at.findIndex((moment) => moment >= time);
  return found < 0 ? at.length : found;
}
