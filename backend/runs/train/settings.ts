import { z } from 'zod';
import { LEARNERS, type LearnerName } from '../../science/learn/learners/learner.ts';
import { mostDemanding } from '../shell/most-demanding.ts';
import { DEFAULT_GATE_RULES } from '../../science/evaluation/gate-rules.ts';
import { MAX_CROSSES } from '../../../shared/score/learned-cross.ts';
import { count, group, multiple, positive, schedule, share } from '../../settings/fields.ts';

export const training = group({
  /** When training starts from the champion; empty: by hand only. */
  schedule: schedule.default('0 3 * * *'),
  /** How many days of the log a training learns from, by its learner: what is harder to learn needs more. */
  windows: group({
    /** Of additive weights. */
    additive: positive.default(30),
    /** Of random forests and boosted trees. */
    forest: positive.default(60),
    /** Of neural networks. */
    mlp: positive.default(90),
  }),
  /** One window for all learners, in place of `windows`. */
  windowDays: positive.optional().meta({ examples: [28] }),
  /** When a training starts from the rules, on all that is retained; empty: by hand only. */
  fullSchedule: schedule.default('0 4 * * 0'),
  /** Which learner that training uses. */
  fullLearner: z.enum(LEARNERS).default('boosted'),
  /** What may be learned of pairs of features that interact. */
  crosses: group({
    /** The most pairs; 0: none. */
    pairs: count.max(MAX_CROSSES).default(8),
    /** The most weights of all of them together: each pair has as many as the buckets of its features multiplied, at most 256. */
    weights: positive.default(2048),
  }),
  /** What the gate asks of a version before visitors may be shown it. */
  gate: group({
    /** Where the log could have shown less of a version's slates, the off-policy gain may refuse the version, and not speak for it. */
    minCover: share.default(DEFAULT_GATE_RULES.minCover),
    /** The most scoring work at the edge, as a multiple of the champion's. */
    maxCost: multiple.default(DEFAULT_GATE_RULES.maxCost),
  }),
});

export type TrainingSettings = z.infer<typeof training>;

/** How many days of the log the learners are to learn from, where they learn from the same. */
export const windowDaysOf = (
  { windows, windowDays }: Pick<TrainingSettings, 'windows' | 'windowDays'>,
  learners: readonly LearnerName[],
): number => windowDays ?? windows[mostDemanding(learners)];
