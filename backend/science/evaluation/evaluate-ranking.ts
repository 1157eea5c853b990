import type { Calibration } from '../../../shared/score/scorer.ts';
import { slateCount, type TrainingSet } from '../learn/training-set.ts';
import type { FittedCalibration } from './calibrated-on.ts';
import { clusterPerRow } from './cluster-per-row.ts';
import { aucEstimate } from './auc-estimate.ts';
import { calibrationLine, eceInterval, reliability, type ReliabilityBin } from './calibration.ts';
import { auc, logLossOf } from './classification-metrics.ts';
import {
  pairedComparison,
  type PairedComparison,
  type PairedComparisonOptions,
} from '../statistics/paired-comparison.ts';
import { coverage, intraListDiversity } from './diversity.ts';
import { clusteredMean, type IntervalEstimate } from '../statistics/interval.ts';
import { averagePrecisionAt, hitAt, ndcgAt, reciprocalRank } from './ranking-metrics.ts';
import { rankedGains, rankSlate } from './rank-slates.ts';

/** Ranking metrics of one slate, averaged over the slates with a reward. */
const SLATE_MEASURES = {
  mrr: reciprocalRank,
  ndcg10: (gains) => ndcgAt(gains, 10),
  map: averagePrecisionAt,
  hit1: (gains) => hitAt(gains, 1),
  hit10: (gains) => hitAt(gains, 10),
  /** 1 where every rewarded item is above every other one; undefined where all were rewarded. */
  slateAuc: (gains) =>
    auc(
      Float64Array.from(gains, (_, slot) => -slot),
      gains,
    ),
} satisfies Record<string, (gains: Float64Array) => number | undefined>;

export type SlateMeasure = keyof typeof SLATE_MEASURES;
const SLATE_MEASURE_NAMES = Object.keys(SLATE_MEASURES) as SlateMeasure[];

export interface EvaluationOptions {
  /** From points to the log-odds of a reward; without it no probabilities are evaluated. */
  readonly calibration?: FittedCalibration;
  /** The cluster number of each slate, default its visitor's. */
  readonly cluster?: ArrayLike<number>;
  /** The catalogue item of each row, because items may have equal codes. */
  readonly items?: { readonly of: ArrayLike<number>; readonly catalogueSize: number };
  /** Seed of the order of ties and of the bootstrap. */
  readonly seed?: number;
}

/** Metrics of ranking these slates by these scores; a metric without a value is left out. */
export interface RankingEvaluation {
  readonly slates: number;
  /** Slates with a reward, the only ones that ranking metrics can use. */
  readonly rewarded: number;
  readonly rows: number;
  readonly measures: Readonly<
    Partial<Record<SlateMeasure | 'auc' | 'logLoss' | 'brier' | 'diversity10', IntervalEstimate>>
  >;
  /**
   * Share of the catalogue in the first ten slots of any slate. It has no interval, because a resample of slates can
   * only lose items.
   */
  readonly coverage10?: number;
  /** Earlier slates that points were calibrated on for the log loss, Brier score and ECE; absent: with the version. */
  readonly calibratedOn?: number;
  readonly calibration?: {
    readonly ece: number;
    readonly eceLow?: number;
    readonly eceHigh?: number;
    readonly mce: number;
    /** Calibration line from predicted to true log-odds; perfect with slope 1 and intercept 0. */
    readonly line?: Calibration;
    readonly bins: readonly ReliabilityBin[];
  };
}

const SHOWN = 10;

/** Evaluates a ranking by scores. @param scores one per row of the set, in points where a calibration is given. */
export function evaluateRanking(
  set: TrainingSet,
  scores: ArrayLike<number>,
  { calibration, cluster = set.cluster, items, seed = 1 }: EvaluationOptions = {},
): RankingEvaluation {
  const slates = slateCount(set);
  const ranked = rankedGains(set, scores, seed);
  const measures: Partial<Record<keyof RankingEvaluation['measures'], IntervalEstimate>> = {};
  const put = (name: keyof typeof measures, estimate: IntervalEstimate | undefined) => {
    if (estimate !== undefined) measures[name] = estimate;
  };
  for (const name of SLATE_MEASURE_NAMES) {
    const { values, slates: of } = measured(ranked, SLATE_MEASURES[name]);
    put(
      name,
      clusteredMean(
        values,
        of.map((slate) => cluster[slate]),
      ),
    );
  }
  const rowCluster = clusterPerRow(set, cluster);
  put('auc', aucEstimate(scores, set.reward, rowCluster));

  const [alike, alikeCluster, shown]: [number[], number[], Set<number>] = [[], [], new Set()];
  for (let slate = 0; slate < slates; slate++) {
    const list = rankSlate(set, scores, slate, seed).slice(0, SHOWN);
    const diversity = intraListDiversity(set.codes, set.rows, list);
    if (diversity !== undefined) {
      alike.push(diversity);
      alikeCluster.push(cluster[slate]);
    }
    if (items !== undefined) for (const row of list) shown.add(items.of[row]);
  }
  put('diversity10', clusteredMean(alike, alikeCluster));
  const covered = items && coverage(shown, items.catalogueSize);

  const p = calibration && probabilities(scores, calibration);
  if (p !== undefined) {
    const yes = (row: number) => (set.reward[row] > 0 ? 1 : 0);
    put(
      'logLoss',
      clusteredMean(
        p.map((value, row) => logLossOf(value, yes(row))),
        rowCluster,
      ),
    );
    put(
      'brier',
      clusteredMean(
        p.map((value, row) => (value - yes(row)) ** 2),
        rowCluster,
      ),
    );
  }
  const calibrated = p && judgeCalibration(p, set.reward, rowCluster, seed);
  return {
    slates,
    rewarded: ranked.slates.length,
    rows: set.rows,
    measures,
    ...(covered !== undefined && { coverage10: covered }),
    ...(calibration?.earlierSlates !== undefined && { calibratedOn: calibration.earlierSlates }),
    ...(calibrated !== undefined && { calibration: calibrated }),
  };
}

function judgeCalibration(
  p: Float64Array,
  reward: Float64Array,
  cluster: Uint32Array,
  seed: number,
): RankingEvaluation['calibration'] {
  const table = reliability(p, reward);
  if (table === undefined) return undefined;
  const line = calibrationLine(p, reward);
  const interval = eceInterval(p, reward, cluster, { seed });
  return {
    ece: table.ece,
    ...(interval && { eceLow: interval.low, eceHigh: interval.high }),
    mce: table.mce,
    ...(line && { line }),
    bins: table.bins,
  };
}

/**
 * Paired comparison of two versions on the same slates, metric by metric: `after` minus `before`.
 * @param before and `after` one score per row of the set.
 */
export function compareRankings(
  set: TrainingSet,
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  options: PairedComparisonOptions & Pick<EvaluationOptions, 'cluster'>,
): Record<SlateMeasure, PairedComparison> {
  const { cluster = set.cluster, seed } = options;
  const [left, right] = [rankedGains(set, before, seed), rankedGains(set, after, seed)];
  const comparisons = SLATE_MEASURE_NAMES.map((name) => {
    // Which slates have a reward and a value does not depend on their order, so both sides have the same slates.
    const { values, slates } = measured(left, SLATE_MEASURES[name]);
    const others = measured(right, SLATE_MEASURES[name]).values;
    return [
      name,
      pairedComparison(
        values,
        others,
        slates.map((slate) => cluster[slate]),
        options,
      ),
    ];
  });
  return Object.fromEntries(comparisons) as Record<SlateMeasure, PairedComparison>;
}

function measured(
  { slates, gains }: ReturnType<typeof rankedGains>,
  measure: (gains: Float64Array) => number | undefined,
): { values: number[]; slates: number[] } {
  const found = slates.flatMap((slate, i) => {
    const value = measure(gains[i]);
    return value === undefined ? [] : [{ slate, value }];
  });
  return { values: found.map(({ value }) => value), slates: found.map(({ slate }) => slate) };
}

const probabilities = (scores: ArrayLike<number>, { intercept, slope }: Calibration) =>
  Float64Array.from(scores, (points) => 1 / (1 + Math.exp(-(intercept + slope * points))));
