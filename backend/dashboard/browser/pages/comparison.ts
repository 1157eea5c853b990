import { badge, h, muted, notice, table, type Section } from '../dom.ts';
import { duration, figure, isoMinute, whole } from '../format.ts';
import type { Run } from '../../../http/answers.ts';

type Report = NonNullable<Run['progress']['report']>;
type Measures = Report['models'][number]['evaluation']['measures'];

const SHOWN = [
  ['ndcg10', 'NDCG@10'],
  ['mrr', 'MRR'],
  ['logLoss', 'Log loss'],
] as const satisfies readonly (readonly [keyof Measures, string])[];

/** What `trimtab compare` found: learners side by side, on the same later rankings. */
export function comparisonSection({ models, split, failures }: Report): Section {
  return {
    id: 'comparison',
    title: 'Learners compared',
    content: [
      muted(
        `All learned from the same ${whole(split.trainSlates)} rankings and are judged on the ${whole(split.testSlates)} since ${isoMinute(split.testFromMs)} UTC, with 95 % intervals clustered by visitor.`,
      ),
      table(
        'Learners compared',
        [
          { label: 'Learner' },
          ...SHOWN.map(([, label]) => ({ label })),
          { label: 'NDCG@10 less additive' },
          { label: 'Took', number: true },
          { label: 'At the edge', number: true },
        ],
        models.map(
          ({ learner, evaluation, againstAdditive, learningMs, artifact, firstPassRemains }) => [
            h(
              'span',
              { title: firstPassRemains },
              learner,
              firstPassRemains !== undefined && ' ',
              firstPassRemains !== undefined && badge('first pass alone', 'plain'),
            ),
            ...SHOWN.map(([measure]) => intervalText(evaluation.measures[measure])),
            differenceText(againstAdditive?.ndcg10),
            duration(learningMs),
            'refused' in artifact ? artifact.refused : `${whole(artifact.sizeBytes / 1024)} KiB`,
          ],
        ),
      ),
      ...failures.map(({ learner, message }) => notice('warn', `${learner}: ${message}`)),
    ],
  };
}

const intervalText = (of: Measures['mrr']): string =>
  of === undefined ? '–' : `${figure(of.mean)} (${figure(of.low)} to ${figure(of.high)})`;

type Difference = NonNullable<Report['models'][number]['againstAdditive']>['ndcg10'];

function differenceText(of: Difference | undefined): string {
  if (of === undefined) return '–';
  if (!('mean' in of)) return of.reason;
  return `${figure(of.mean)} (${figure(of.low)} to ${figure(of.high)})`;
}
