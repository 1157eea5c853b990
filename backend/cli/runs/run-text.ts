import { count, duration, facts, moment } from '../../../shared/text/text.ts';
import { schemaLogsText } from '../../log/schema-log.ts';
import { belowMinimumsText } from '../../models/below-minimums.ts';
import type { Run } from '../../http/answers.ts';
import { gateText } from '../../science/evaluation/gate-text.ts';
import { crossesText } from '../../science/training/choose-crosses.ts';
import { windowText } from '../../science/training/choose-window.ts';
import type { IntervalEstimate } from '../../science/statistics/interval.ts';

/** @param said of a run is told elsewhere too, as by the command that fails with it. */
export function runText(run: Run, said?: 'error' | 'outcome'): string {
  const {
    belowMinimums,
    learner,
    counts,
    crosses,
    firstPassRemains,
    gate,
    missing,
    otherLogs = [],
    outcome,
    validation,
    window,
  } = run.progress;
  const took = run.finishedAt === null ? '' : `, ${duration(run.finishedAt - run.startedAt)}`;
  const entries: [string, string | null | undefined][] = [
    ['run', run.id],
    ['status', `${run.status}, started ${moment(run.startedAt)}${took}`],
    ['error', run.error],
    ['version', run.version],
    ['learner', learner],
    ['re-ranker', firstPassRemains && `none, as ${firstPassRemains}`],
    [
      'learned from',
      counts && `${count(counts.rankings)} rankings, ${count(counts.rewarded)} with a reward`,
    ],
    ['window', window && windowText(window)],
    ['crosses', crossesText(crosses)],
    ['loss', lossText(run)],
    [
      'MRR on held-out log',
      validation?.learned.mrr &&
        `${estimate(validation.learned.mrr)}, its parent ${estimate(validation.parent.mrr)}`,
    ],
    ['data lacked', missing === undefined || missing.length === 0 ? undefined : missing.join(', ')],
    ['other schemas', otherLogs.length === 0 ? undefined : schemaLogsText(otherLogs)],
    ['below minimums', belowMinimums && belowMinimumsText(belowMinimums)],
    ['outcome', outcome],
  ];
  const lines = facts(
    entries.filter(([name, value]) => typeof value === 'string' && name !== said),
  );
  return gate === undefined ? lines : `${lines}\n\n${gateText({ checks: [], ...gate })}`;
}

function lossText({ progress: { curve } }: Run): string | undefined {
  const [first, last] = [curve?.[0], curve?.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const lossOf = (step: typeof first) => (step.validationLoss ?? step.trainLoss).toFixed(4);
  return `${lossOf(first)} → ${lossOf(last)} in ${last.iteration} iterations`;
}

const estimate = (value: IntervalEstimate | undefined): string =>
  value === undefined
    ? '–'
    : `${value.mean.toFixed(3)} [${value.low.toFixed(3)}, ${value.high.toFixed(3)}]`;
