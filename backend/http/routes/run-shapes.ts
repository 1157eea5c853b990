import { z } from '@hono/zod-openapi';
import type { TrainingData } from '../../log/training-set/collect.ts';
import type { DataFacts } from '../../log/training-set/enough-data.ts';
import type { GateReport } from '../../science/evaluation/gate-report.ts';
import type { ExaminationPropensities } from '../../science/evaluation/position-bias/examination.ts';
import { LEARNERS } from '../../science/learn/learners/learner.ts';
import type { ModelComparison } from '../../science/training/compare-models.ts';
import type { TriedCross } from '../../science/training/choose-crosses.ts';
import type { LearningWindow } from '../../science/training/choose-window.ts';
import type { RankingSummary } from '../../science/training/train-version.ts';
import type { runs } from '../../store/tables.ts';
import { epochMs, objectOf } from '../contract/openapi.ts';

/** What was asked of the run, as its row has it; older rows lack some of it. */
const params = z
  .object({
    kind: z.literal('comparison').optional().openapi({ description: 'Absent of training runs' }),
    learner: z.enum(LEARNERS).optional(),
    parent: z.string().optional(),
    schema: z.string().optional(),
    from: epochMs.optional(),
    to: epochMs.optional(),
    force: z.boolean().optional(),
  })
  .loose();

/** Runs of the first versions stored no checks. */
type StoredGate = Omit<GateReport, 'checks'> & Partial<Pick<GateReport, 'checks'>>;

/** One object for every phase of training runs and comparisons: what a phase does not have is absent. */
const progress = z.object({
  phase: z.enum(['reading', 'fitting', 'comparing', 'done']).optional(),
  slates: z.number().optional().openapi({ description: 'Rankings read so far' }),
  counts: objectOf<DataFacts>('Size of the training data').optional(),
  curve: z
    .array(
      z.object({
        iteration: z.number(),
        trainLoss: z.number(),
        validationLoss: z.number().optional(),
      }),
    )
    .optional(),
  learner: z.enum(LEARNERS).optional(),
  fold: z.number().optional().openapi({ description: 'Of the cross-validation; 0 before it' }),
  iterations: z.number().optional().openapi({ description: 'Iterations, trees or epochs' }),
  firstPassRemains: z
    .string()
    .optional()
    .openapi({ description: 'Why the first pass serves without a re-ranker, where it does' }),
  window: objectOf<LearningWindow>(
    'How many of the latest rankings were learned from, and why not all, where tastes turned',
  ).optional(),
  crosses: z
    .array(objectOf<TriedCross>('A pair of features, its held-out gain, and whether it was kept'))
    .optional()
    .openapi({ description: 'Pairs of features that were tried as learned crosses' }),
  examination: objectOf<ExaminationPropensities>(
    'By slot, where rewards were divided by it',
  ).optional(),
  validation: z
    .object({
      parent: objectOf<RankingSummary>('MRR, NDCG'),
      learned: objectOf<RankingSummary>(''),
    })
    .optional(),
  gate: objectOf<StoredGate>('Verdict, reason and checks').optional(),
  quality: objectOf<{ readonly passed: boolean; readonly failures: readonly string[] }>(
    'Of the training data',
  ).optional(),
  missing: z
    .array(z.string())
    .optional()
    .openapi({ description: 'What the data lacked of the minimum, where the run was forced' }),
  limited: objectOf<NonNullable<TrainingData['limited']>>(
    'How much the limits on persons and items left out',
  ).optional(),
  belowMinimums: z.array(z.string()).optional().openapi({
    description: 'What the data lacked of the recommended minimum, whatever the settings ask for',
  }),
  outcome: z.string().optional().openapi({ description: 'Whether the version went live' }),
  isGoingLive: z
    .boolean()
    .optional()
    .openapi({ description: 'It is the champion, or a rollout is to make it one' }),
  forced: z.boolean().optional(),
  otherLogs: z
    .array(
      z.object({
        name: z.string(),
        hash: z.string(),
        days: z.number(),
        shared: z.number(),
        isRead: z.boolean(),
      }),
    )
    .optional()
    .openapi({ description: 'Logs of other schemas in the window, and whether they were read' }),
  report: objectOf<ModelComparison>('Of a comparison; absent in lists').optional(),
});

export const runShape = z
  .object({
    id: z.string(),
    status: z.enum(['queued', 'running', 'done', 'failed']),
    params,
    progress,
    version: z.string().nullable(),
    error: z.string().nullable(),
    startedAt: epochMs,
    finishedAt: epochMs.nullable(),
  })
  .openapi('Run');

type Run = z.infer<typeof runShape>;

/** Params and progress are JSON in the database, as `runs/` wrote them. */
export const runAnswer = (row: typeof runs.$inferSelect): Run => row;

/** A comparison's report is hundreds of kilobytes: lists leave it out. */
export function withoutReport(row: typeof runs.$inferSelect): Run {
  const { report: _, ...shown } = row.progress;
  return runAnswer({ ...row, progress: shown });
}
