import type { Schema } from '../../../shared/features/schema.ts';
import { scorerProblem } from '../../../shared/score/rerank.ts';
import { firstPassOf, type Scorer, type UnversionedScorer } from '../../../shared/score/scorer.ts';
import { runGate } from '../evaluation/gate.ts';
import type { GateReport } from '../evaluation/gate-report.ts';
import type { GateRules } from '../evaluation/gate-rules.ts';
import type { ExaminationPropensities } from '../evaluation/position-bias/examination.ts';
import { gateEvidence, type GateEvidence } from '../evaluation/gate-evidence.ts';
import { clusteredMean, type IntervalEstimate } from '../statistics/interval.ts';
import { hitAt, ndcgAt, reciprocalRank } from '../evaluation/ranking-metrics.ts';
import { rankedGains } from '../evaluation/rank-slates.ts';
import { calibrate } from '../learn/calibrate.ts';
import type { Fit } from '../learn/additive/fit-options.ts';
import type { Device } from '../learn/device/device.ts';
import type { FitMethod } from '../learn/fit-method.ts';
import type { FitStep } from '../learn/fit-step.ts';
import {
  firstPassScorer,
  fitFirstPass,
  LEARNED_SLOPE,
  slopeOf,
  slopeWithin,
  slotEffect,
  toLogOdds,
  type FirstPassOptions,
} from '../learn/additive/first-pass.ts';
import { withCrossColumns } from '../learn/crosses/cross-columns.ts';
import { withCrosses } from '../learn/crosses/with-crosses.ts';
import { boostedLearner, type BoostedObjective } from '../learn/learners/boosted.ts';
import { forestLearner } from '../learn/learners/forest.ts';
import type { FittedReranker, LearnerName, RerankLearner } from '../learn/learners/learner.ts';
import { mlpLearner } from '../learn/learners/mlp.ts';
import { withOutsideOption } from '../learn/outside-option.ts';
import { pointsPerRow } from '../learn/score-set.ts';
import { splitByTime, type TrainingSet } from '../learn/training-set.ts';
import { chooseCrosses, type CrossBudget, type TriedCross } from './choose-crosses.ts';
import { areTooFew, heldOutInFolds, isOfToday } from './held-out-in-folds.ts';
import { chooseWindow, slatesOf, type LearningWindow } from './choose-window.ts';
import { withoutPositionBias } from './without-position-bias.ts';

export interface LearnOptions {
  readonly learner: LearnerName;
  /** The scorer to improve on. The first pass starts from its points, unless `startFrom` is given. */
  readonly parent: Scorer;
  readonly startFrom?: Scorer;
  readonly name: string;
  readonly l2?: number;
  readonly l1?: number;
  /** Of the first pass; default full-batch. */
  readonly method?: FitMethod;
  /** Of boosted trees. */
  readonly objective?: BoostedObjective;
  /** What may be learned of pairs of features; absent: the crosses of the scorer that it starts from, and no others. */
  readonly crosses?: CrossBudget;
  /** How many of the first pass's best items are scored again. */
  readonly rerankDepth?: number;
  readonly seed?: number;
  /** Further evidence for the gate. */
  readonly evidence?: Pick<GateEvidence, 'dataQuality' | 'guardrails' | 'cover'>;
  /** The gain that the champion's log from `fromMs` on predicts for a challenger that was not fitted on it. */
  readonly offPolicyGain?: (
    challenger: Scorer,
    fromMs: number,
  ) => Promise<GateEvidence['offPolicyGain']>;
  /** How much of what such a challenger would show the champion's log from `fromMs` on can tell of. */
  readonly cover?: (challenger: Scorer, fromMs: number) => Promise<GateEvidence['cover']>;
  readonly rules?: Partial<GateRules>;
  readonly device: Device;
  readonly onIteration?: (step: FitStep) => void;
  /** Called with what the gate judges by. */
  readonly onEvidence?: (evidence: GateEvidence) => void;
  /** Called with the re-ranking model that will serve, fitted on all slates. */
  readonly onReranker?: (reranker: FittedReranker) => void;
}

export interface Learned {
  readonly scorer: UnversionedScorer;
  readonly learner: LearnerName;
  readonly curve: readonly FitStep[];
  /** Iterations, trees or epochs of what serves. */
  readonly iterations: number;
  /** Why the first pass serves alone, where the learner made nothing that ranks its best items better. */
  readonly firstPassRemains?: string;
  /** The examination probability of each slot, where rewards were divided by it. */
  readonly examination?: ExaminationPropensities;
  readonly window: LearningWindow;
  /** The pairs of features that were tried as learned crosses; absent where none was. */
  readonly crosses?: readonly TriedCross[];
  readonly gate: GateReport;
  /** On the held-out slates, parent and learned, ranked by score alone. */
  readonly validation: { readonly parent: RankingSummary; readonly learned: RankingSummary };
}

export interface RankingSummary {
  readonly mrr?: IntervalEstimate;
  readonly ndcg10?: IntervalEstimate;
  readonly hit1?: IntervalEstimate;
}

const VALIDATION_SHARE = 0.2;
const RERANK_DEPTH = 200;
const SEED = 1;

/**
 * Learns a scorer from the slates, or the latest part of them (`chooseWindow`): fits on the earlier ones with early stopping
 * on the latest fifth, lets the gate judge it against its parent there, then fits again on all of them for as many rounds. Of
 * boosted trees, none at all is one of the numbers that early stopping chooses from: the first pass then serves alone, so
 * that they never rank the latest fifth worse than it does.
 */
export async function learn(set: TrainingSet, options: LearnOptions): Promise<Learned> {
  const { parent, learner } = options;
  const { schema } = parent;
  const { set: unbiased, examination } = withoutPositionBias(set, schema);
  const teaching =
    schema.training.objective === 'listwise' ? withOutsideOption(unbiased) : unbiased;
  const start = firstPassOf(options.startFrom ?? parent);
  const { crosses: before } = start;
  const ofBefore = withCrossColumns(teaching, schema, before);
  const window = await chooseWindow(ofBefore, { ...options, parent: start });
  const latest = slatesOf(teaching, window);
  const [early] = splitByTime(latest, VALIDATION_SHARE);
  const tried =
    options.crosses && (await chooseCrosses(early, { ...options, parent: start }, options.crosses));
  const crosses =
    tried === undefined ? before : tried.filter(({ isKept }) => isKept).map(({ cross }) => cross);
  const shown = withCrossColumns(latest, schema, crosses);
  const [train, validation] = splitByTime(shown, VALIDATION_SHARE);
  const fitting = { ...options, parent: withCrosses(start, crosses ?? []) };
  const trial = await fitScorer(train, validation, fitting);
  const final = await fitScorer(shown, undefined, fitting, trial);
  const { version: _, ...scorer } = final.scorer;
  const evidenceFor = async ({ scorer: challenger, firstPass }: Fitted): Promise<GateEvidence> => {
    const effect = slotEffect(firstPass.weights, schema, validation);
    const fromMs = validation.at[0] ?? 0;
    const offPolicyGain = await options.offPolicyGain?.(challenger, fromMs);
    const cover = await options.cover?.(challenger, fromMs);
    let held = gateEvidence(parent, challenger, train, validation, effect);
    const { heldOutGain: ofLatest } = held;
    // New crosses were chosen by slates that folds would judge them on.
    const canFold =
      learner === 'additive' &&
      trial.rounds > 0 &&
      !tried?.some(({ isKept, isFromBefore }) => isKept && !isFromBefore);
    if (canFold && areTooFew(ofLatest)) {
      const all = await heldOutInFolds(shown, fitting, trial.rounds);
      if (all !== undefined && isOfToday(all, ofLatest)) held = { ...held, heldOutGain: all };
    }
    return {
      guardrails: [],
      ...options.evidence,
      ...held,
      ...(offPolicyGain && { offPolicyGain }),
      ...(cover && { cover }),
      ...(window.rewardsFell && { rewardsFell: true }),
    };
  };
  const evidence = await evidenceFor(trial);
  options.onEvidence?.(evidence);
  return {
    scorer: scorer as UnversionedScorer,
    learner,
    curve: trial.curve,
    iterations: final.firstPassRemains === undefined ? trial.rounds : 0,
    ...(final.firstPassRemains !== undefined && { firstPassRemains: final.firstPassRemains }),
    ...(examination && { examination }),
    window,
    ...(tried !== undefined && tried.length > 0 && { crosses: tried }),
    gate: runGate(evidence, { required: ['calibration'], ...options.rules }),
    validation: {
      parent: summarise(parent, validation),
      learned: summarise(trial.scorer, validation),
    },
  };
}

interface Fitted {
  readonly scorer: Scorer;
  readonly firstPass: Fit;
  readonly curve: readonly FitStep[];
  readonly rounds: number;
  readonly firstPassRemains?: string;
}

/**
 * The fit that another one goes on from. Where no step of it was better than the points of the parent, these are kept as they are: a
 * fit starts from them at the scale that tells of the clicks, and points of that scale would grow with every such training.
 */
function startOf(train: TrainingSet, parent: Scorer, from: Fitted | undefined) {
  const fit = from?.firstPass;
  if (fit?.iterations !== 0) return fit;
  const first = firstPassOf(parent);
  return { ...fit, weights: toLogOdds(first, train, slopeWithin(first, LEARNED_SLOPE)) };
}

/** @param from an earlier fit: this one takes as many rounds, and its first pass starts from that one's weights. */
async function fitScorer(
  train: TrainingSet,
  validation: TrainingSet | undefined,
  options: LearnOptions,
  from?: Fitted,
): Promise<Fitted> {
  const { parent, learner, seed = 1 } = options;
  const { schema } = parent;
  const isAdditive = learner === 'additive';
  const report = from === undefined ? options.onIteration : undefined;
  const { onIteration: _, ...others } = options;
  const first: FirstPassOptions = {
    ...others,
    ...(isAdditive && report && { onIteration: report }),
  };
  const firstPass = await fitFirstPass(train, validation, first, startOf(train, parent, from));
  const additive = firstPassScorer(firstPass, first, train);
  if (isAdditive) {
    const { curve, iterations } = firstPass;
    return { scorer: additive, firstPass, curve, rounds: iterations };
  }
  const curve: FitStep[] = [];
  const alone = (firstPassRemains: string): Fitted => ({
    scorer: additive,
    firstPass,
    curve,
    rounds: 0,
    firstPassRemains,
  });
  if (from?.firstPassRemains !== undefined) return alone(from.firstPassRemains);
  const withSlotEffect = (one: TrainingSet) => ({
    set: served(one, schema),
    offset: slotEffect(firstPass.weights, schema, one),
  });
  const fitted = await rerankLearner(learner, options.objective).fit(
    withSlotEffect(train),
    validation && withSlotEffect(validation),
    {
      schema,
      seed,
      ...(from && { rounds: from.rounds }),
      device: options.device,
      onStep: (step) => {
        curve.push(step);
        report?.(step);
      },
    },
  );
  if (fitted.rounds === 0)
    return alone(
      curve.length === 0
        ? `the ${learner} learner finds nothing to split on, as all items of a slate have the same features or rewards, or too few have others: the first pass remains`
        : `the loss on the held-out slates is least without any ${learner} tree: the first pass remains`,
    );
  // From the learner's scale to that of points, so that exploration means the same.
  const own = served(train, schema);
  const perScore = slopeOf(schema, own, fitted.scores(own)) ?? 1;
  const rerank = { depth: options.rerankDepth ?? RERANK_DEPTH, adds: false };
  const whole: Scorer = {
    ...additive,
    ...fitted.part(perScore / LEARNED_SLOPE),
    rerank,
  };
  const problem = scorerProblem(whole);
  if (problem !== undefined) throw new Error(`the ${learner} learner made no scorer: ${problem}`);
  const scorer = { ...whole, calibration: calibrate(pointsPerRow(whole, train), train.reward) };
  if (learner === 'boosted' && validation !== undefined) {
    const [reranked, none] = [scorer, additive].map(
      (one) => summarise(one, validation).ndcg10?.mean ?? 0,
    );
    if (reranked < none)
      return alone(
        `boosted trees rank the held-out slates worse than the first pass does (NDCG@10 ${reranked.toFixed(4)} against ${none.toFixed(4)}): the first pass remains`,
      );
  }
  if (from !== undefined) options.onReranker?.(fitted);
  return { scorer, firstPass, curve, rounds: fitted.rounds };
}

function rerankLearner(
  learner: Exclude<LearnerName, 'additive'>,
  objective: BoostedObjective = 'lambdarank',
): RerankLearner {
  switch (learner) {
    case 'boosted':
      return boostedLearner(objective);
    case 'forest':
      return forestLearner;
    case 'mlp':
      return mlpLearner;
    default:
      throw learner satisfies never;
  }
}

/** The set with the features of the schema alone, which is what a re-ranker reads. */
function served(set: TrainingSet, { features }: Schema): TrainingSet {
  return {
    ...set,
    crosses: 0,
    features: features.length,
    codes: set.codes.subarray(0, features.length * set.rows),
  };
}

function summarise(scorer: Scorer, set: TrainingSet): RankingSummary {
  const scores = pointsPerRow(scorer, set);
  const { slates, gains } = rankedGains(set, scores, SEED);
  const clusters = slates.map((slate) => set.cluster[slate]);
  const of = (measure: (ranked: Float64Array) => number) =>
    clusteredMean(
      gains.map((ranked) => measure(ranked)),
      clusters,
    );
  return {
    mrr: of(reciprocalRank),
    ndcg10: of((ranked) => ndcgAt(ranked, 10)),
    hit1: of((ranked) => hitAt(ranked, 1)),
  };
}
