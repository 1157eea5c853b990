import type { LearnerName } from '../learn/learners/learner.ts';
import { minuteOf } from '../../../shared/text/text.ts';
import type { PairedComparison } from '../statistics/paired-comparison.ts';
import type { RankingEvaluation } from '../evaluation/evaluate-ranking.ts';
import type { IntervalEstimate } from '../statistics/interval.ts';
import type { ComparedModel, FeatureDependence, ModelComparison } from './compare-models.ts';
import type { FeatureImportance, Importance } from '../evaluation/importance/importance.ts';

/** One table of a report for people. */
export interface Section {
  readonly title: string;
  readonly note?: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** @param mostFeatures whose partial dependence is shown: those that move the models' scores most. */
export function comparisonSections(report: ModelComparison, mostFeatures = Infinity): Section[] {
  const { models, folds, failures, split, schema, seed } = report;
  const [trained, judged] = [split.trainSlates, split.testSlates].map((n) =>
    n.toLocaleString('en'),
  );
  return [
    {
      title: `Learners on ${schema.name}`,
      note: `Learned from ${trained} slates, judged on the ${judged} from ${dateOf(split.testFromMs)} on. Intervals are 95 %, clustered by visitor. Seed ${seed}.`,
      head: [
        'learner',
        'NDCG@10',
        'MRR',
        'hit@1',
        'AUC',
        'log loss',
        'ECE',
        'learned in',
        'size',
        'rounds',
      ],
      rows: models.map(modelRow),
    },
    ...(failures.length === 0
      ? []
      : [
          {
            title: 'Made no scorer',
            head: ['learner', 'because'],
            rows: failures.map(({ learner, message }) => [learner, message]),
          },
        ]),
    ...firstPassesAlone(models),
    ...differences('Against the additive scorer, same slates', models),
    ...(folds === undefined
      ? []
      : [
          {
            title: `Cross-validation, ${folds} folds by visitor`,
            head: ['learner', 'NDCG@10', 'MRR', 'hit@1'],
            rows: models.flatMap(({ learner, folds: own }) =>
              own ? [[learner, ...slateMeasures(own.evaluation)]] : [],
            ),
          },
          ...differences(
            'Against the additive scorer, all folds',
            models.flatMap(({ learner, folds: own }) => (own ? [{ ...own, learner }] : [])),
          ),
        ]),
    ...models.map(importanceSection),
    ...mostMoving(report)
      .slice(0, mostFeatures)
      .map((dependence) =>
        dependenceSection(
          dependence,
          models.map(({ learner }) => learner),
        ),
      ),
  ];
}

/** No section where every learner has a re-ranker. */
function firstPassesAlone(models: readonly ComparedModel[]): Section[] {
  const rows = models.flatMap(({ learner, firstPassRemains }) =>
    firstPassRemains === undefined ? [] : [[learner, firstPassRemains]],
  );
  return rows.length === 0
    ? []
    : [{ title: 'Without a re-ranker', head: ['learner', 'because'], rows }];
}

function modelRow(model: ComparedModel): string[] {
  const { measures, calibration } = model.evaluation;
  const { artifact } = model;
  return [
    model.learner,
    ...slateMeasures(model.evaluation),
    measures.auc?.mean.toFixed(4) ?? NONE,
    measures.logLoss?.mean.toFixed(4) ?? NONE,
    calibration?.ece.toFixed(4) ?? NONE,
    `${(model.learningMs / 1000).toFixed(1)} s`,
    'sizeBytes' in artifact
      ? `${(artifact.sizeBytes / 1024).toFixed(1)} KiB`
      : `refused: ${artifact.refused}`,
    String(model.rounds),
  ];
}

const slateMeasures = ({ measures }: RankingEvaluation): string[] =>
  [measures.ndcg10, measures.mrr, measures.hit1].map(withInterval);

/** No section where there is only the additive scorer. */
function differences(
  title: string,
  models: readonly Pick<ComparedModel, 'learner' | 'againstAdditive'>[],
): Section[] {
  const rows = models.flatMap(({ learner, againstAdditive }) =>
    againstAdditive
      ? [
          [
            learner,
            ...[againstAdditive.ndcg10, againstAdditive.mrr, againstAdditive.hit1].map(difference),
          ],
        ]
      : [],
  );
  return rows.length === 0 ? [] : [{ title, head: ['learner', 'NDCG@10', 'MRR', 'hit@1'], rows }];
}

function importanceSection({ learner, importance }: ComparedModel): Section {
  const { features, gainIs, shapMethod } = importance;
  const share = (one: Importance | undefined) => one?.share.toFixed(3) ?? NONE;
  return {
    title: `Importance: ${learner}`,
    note: `Each share adds up to 1. Gain: ${gainIs ?? 'none of this kind of model'}. Permutation: fall of NDCG@10. SHAP: mean |points|, ${shapMethod}.`,
    head: ['feature', 'gain', 'raw', 'permutation', 'fall of NDCG@10', 'SHAP', 'mean |points|'],
    rows: features
      .toSorted((a, b) => b.shap.raw - a.shap.raw)
      .map(({ feature, gain, permutation, shap }: FeatureImportance) => [
        feature,
        share(gain),
        gain?.raw.toPrecision(3) ?? NONE,
        share(permutation),
        withInterval({ ...permutation, mean: permutation.raw }),
        share(shap),
        shap.raw.toPrecision(3),
      ]),
  };
}

/** Features by their share of SHAP summed over all models, largest first. */
function mostMoving({ models, dependence }: ModelComparison): FeatureDependence[] {
  const moves = new Map<string, number>();
  for (const { importance } of models)
    for (const { feature, shap } of importance.features)
      moves.set(feature, (moves.get(feature) ?? 0) + shap.share);
  return dependence.toSorted((a, b) => (moves.get(b.feature) ?? 0) - (moves.get(a.feature) ?? 0));
}

/** Buckets that no training row has are left out: the models know nothing about them. */
const dependenceSection = (
  { feature, buckets }: FeatureDependence,
  learners: readonly LearnerName[],
): Section => ({
  title: `Mean points by ${feature}`,
  note: "Differences down a column count: each model's zero is its own.",
  head: ['bucket', 'rows', ...learners],
  rows: buckets
    .filter(({ rows }) => rows > 0)
    .map(({ label, rows, points }) => [
      label,
      rows.toLocaleString('en'),
      ...learners.map((learner) => points[learner]?.toFixed(2) ?? NONE),
    ]),
});

const NONE = '–';

const withInterval = (
  estimate: Pick<IntervalEstimate, 'mean' | 'low' | 'high'> | undefined,
): string =>
  estimate === undefined
    ? NONE
    : `${estimate.mean.toFixed(4)} (${estimate.low.toFixed(4)} to ${estimate.high.toFixed(4)})`;

function difference(comparison: PairedComparison): string {
  if (comparison.kind === 'not enough data') return `${NONE} ${comparison.reason}`;
  const { mean, p } = comparison;
  return `${mean >= 0 ? '+' : ''}${withInterval(comparison)}, p ${p < 1e-4 ? '< 0.0001' : p.toFixed(4)}`;
}

const dateOf = (atMs: number): string => (Number.isFinite(atMs) ? `${minuteOf(atMs)} UTC` : NONE);
