import { bucketCount, bucketLabel } from '../../../shared/features/schema.ts';
import { scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { learn, type LearnOptions } from './train-version.ts';
import type { FittedReranker, LearnerName } from '../learn/learners/learner.ts';
import { pointsPerRow } from '../learn/score-set.ts';
import { slateCount, splitByTime, takeSlates, type TrainingSet } from '../learn/training-set.ts';
import type { PairedComparison } from '../statistics/paired-comparison.ts';
import {
  compareRankings,
  evaluateRanking,
  type RankingEvaluation,
  type SlateMeasure,
} from '../evaluation/evaluate-ranking.ts';
import { clusterFolds } from '../evaluation/splits.ts';
import { coveredTrees, type CoveredTrees } from '../evaluation/importance/covered-trees.ts';
import {
  importanceOf,
  type ImportanceOptions,
  type ModelImportance,
} from '../evaluation/importance/importance.ts';
import { bucketRows, partialDependence } from '../evaluation/importance/partial-dependence.ts';

/** Learners side by side: all learn from the same earlier slates and are judged on the same later ones. */
export interface ModelComparison {
  readonly schema: { readonly name: string; readonly hash: string };
  readonly split: {
    readonly trainSlates: number;
    readonly testSlates: number;
    /** Epoch ms of the first slate that is judged. */
    readonly testFromMs: number;
  };
  readonly seed: number;
  /** Of the cross-validation, where there was one. */
  readonly folds?: number;
  /** In the order asked for, the additive one first. */
  readonly models: readonly ComparedModel[];
  /** Learners that made no scorer, and why. */
  readonly failures: readonly { readonly learner: LearnerName; readonly message: string }[];
  /** Mean score in points by bucket of each feature, model by model. */
  readonly dependence: readonly FeatureDependence[];
}

export interface ComparedModel extends Judged {
  readonly learner: LearnerName;
  /** Iterations, trees or epochs. */
  readonly rounds: number;
  /** Why it is the first pass alone, and ranks as the additive one does; absent where it has a re-ranker. */
  readonly firstPassRemains?: string;
  /** Of one whole training run: early stopping, the fit on all training slates and the gate. */
  readonly learningMs: number;
  /** As published to the edge; or why it cannot be. */
  readonly artifact: { readonly sizeBytes: number } | { readonly refused: string };
  readonly importance: ModelImportance;
  /** Cross-validation by visitor: each slate ranked by a model that saw nothing of its visitor. */
  readonly folds?: Judged;
}

interface Judged {
  readonly evaluation: RankingEvaluation;
  /** This model minus the additive one, on the same slates. */
  readonly againstAdditive?: Readonly<Record<SlateMeasure, PairedComparison>>;
}

export interface FeatureDependence {
  readonly feature: string;
  readonly buckets: readonly {
    readonly bucket: number;
    readonly label: string;
    /** Training rows that have it: where they are few, the models extrapolate. */
    readonly rows: number;
    readonly points: Readonly<Partial<Record<LearnerName, number>>>;
  }[];
}

export interface ModelComparisonOptions
  extends
    Pick<LearnOptions, 'parent' | 'l2' | 'objective' | 'crosses' | 'device'>,
    Partial<ImportanceOptions> {
  /** The additive learner is always added: the others are compared with it. */
  readonly learners: readonly LearnerName[];
  /** Folds of the cross-validation besides the time split; absent: none. */
  readonly folds?: number;
  /** Rows whose scores make the partial dependence. */
  readonly dependenceRows?: number;
  readonly nowMs: () => number;
  readonly onStage?: (stage: ComparisonStage) => void;
}

/** What is being learned; fold 0 is the time split. */
export interface ComparisonStage {
  readonly learner: LearnerName;
  readonly fold: number;
}

const TEST_SHARE = 0.2;
const SEED = 1;

/**
 * Learns with each learner from the earlier four fifths of the slates, exactly as a training run would, and judges
 * all on the latest fifth, which also early stopping never saw.
 * @throws Error when the additive learner makes nothing, or there are fewer visitors than folds.
 */
export async function compareModels(
  set: TrainingSet,
  options: ModelComparisonOptions,
): Promise<ModelComparison> {
  const { seed = SEED, folds, parent, onStage } = options;
  const { schema } = parent;
  const [train, test] = splitByTime(set, TEST_SHARE);
  const learners = ['additive' as const, ...options.learners.filter((l) => l !== 'additive')];
  const fitted: Fitted[] = [];
  const failures: { learner: LearnerName; message: string }[] = [];
  const crossed = new Map<LearnerName, Float64Array>();
  for (const learner of learners) {
    try {
      onStage?.({ learner, fold: 0 });
      const model = await fit(learner, train, options);
      if (folds !== undefined)
        crossed.set(learner, await crossValidate(learner, set, folds, { ...options, seed }));
      fitted.push(model);
    } catch (error) {
      if (learner === 'additive') throw error;
      failures.push({ learner, message: messageOf(error) });
    }
  }
  const judge = (
    learner: LearnerName,
    on: TrainingSet,
    scores: Float64Array,
    additive: Float64Array,
    scorer?: Scorer,
  ): Judged => ({
    evaluation: evaluateRanking(on, scores, {
      seed,
      ...(scorer && { calibration: scorer.calibration }),
    }),
    ...(learner !== 'additive' && {
      againstAdditive: compareRankings(on, additive, scores, { seed }),
    }),
  });
  const scores = fitted.map(({ scorer }) => pointsPerRow(scorer, test));
  return {
    schema: { name: schema.name, hash: schema.hash },
    split: {
      trainSlates: slateCount(train),
      testSlates: slateCount(test),
      testFromMs: test.at[0],
    },
    seed,
    ...(folds !== undefined && { folds }),
    models: fitted.map(({ learner, scorer, covered, ...rest }, i) => {
      const byFold = crossed.get(learner);
      return {
        learner,
        ...rest,
        artifact: artifactOf(scorer),
        ...judge(learner, test, scores[i], scores[0], scorer),
        importance: importanceOf(scorer, covered, train, test, { ...options, seed }),
        ...(byFold && { folds: judge(learner, set, byFold, crossed.get('additive')!) }),
      };
    }),
    failures,
    dependence: dependenceOf(fitted, train, { ...options, seed }),
  };
}

interface Fitted extends Pick<
  ComparedModel,
  'learner' | 'rounds' | 'learningMs' | 'firstPassRemains'
> {
  readonly scorer: Scorer;
  readonly covered?: CoveredTrees;
}

async function fit(
  learner: LearnerName,
  train: TrainingSet,
  { parent, l2, objective, crosses, device, seed = SEED, nowMs }: ModelComparisonOptions,
): Promise<Fitted> {
  let reranker: FittedReranker | undefined;
  const started = nowMs();
  const learned = await learn(train, {
    learner,
    parent,
    name: learner,
    seed,
    ...(l2 === undefined ? {} : { l2 }),
    ...(objective && { objective }),
    ...(crosses && { crosses }),
    device,
    onReranker: (own) => (reranker = own),
  });
  const learningMs = nowMs() - started;
  // The scorer is never stored, so that any version will do.
  const scorer: Scorer = { ...learned.scorer, version: parent.version };
  const grown = reranker?.trees;
  return {
    learner,
    rounds: learned.iterations,
    learningMs,
    ...(learned.firstPassRemains !== undefined && { firstPassRemains: learned.firstPassRemains }),
    scorer,
    ...(grown && scorer.kind === 'forest' && { covered: coveredTrees(scorer.trees, grown) }),
  };
}

/** @returns points of every row, by the model of the fold that tests its slate. */
async function crossValidate(
  learner: LearnerName,
  set: TrainingSet,
  folds: number,
  options: ModelComparisonOptions & { readonly seed: number },
): Promise<Float64Array> {
  const points = new Float64Array(set.rows);
  for (const [index, { train, test }] of clusterFolds(set.cluster, {
    folds,
    seed: options.seed,
  }).entries()) {
    options.onStage?.({ learner, fold: index + 1 });
    const { scorer } = await fit(learner, takeSlates(set, train), options);
    const own = takeSlates(set, test);
    const scores = pointsPerRow(scorer, own);
    test.forEach((slate, i) =>
      points.set(scores.subarray(own.starts[i], own.starts[i + 1]), set.starts[slate]),
    );
  }
  return points;
}

function artifactOf(scorer: Scorer): ComparedModel['artifact'] {
  try {
    return { sizeBytes: scorerToBytes(scorer).byteLength };
  } catch (error) {
    return { refused: messageOf(error) };
  }
}

function dependenceOf(
  fitted: readonly Fitted[],
  train: TrainingSet,
  { parent, seed, dependenceRows }: ModelComparisonOptions & { readonly seed: number },
): FeatureDependence[] {
  const curves = fitted.map(({ learner, scorer }) => ({
    learner,
    points: partialDependence(scorer, train, {
      seed,
      ...(dependenceRows !== undefined && { sampleRows: dependenceRows }),
    }),
  }));
  return parent.schema.features.map((spec, feature) => {
    const rows = bucketRows(train, feature, bucketCount(spec));
    return {
      feature: spec.name,
      buckets: Array.from(rows, (count, bucket) => ({
        bucket,
        label: bucketLabel(parent.schema, spec, bucket),
        rows: count,
        points: Object.fromEntries(
          curves.map(({ learner, points }) => [learner, points[feature][bucket]]),
        ),
      })),
    };
  });
}
