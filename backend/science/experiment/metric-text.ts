import { table } from '../../../shared/text/text.ts';
import type { Comparison, MetricReport, Reading } from './experiment-report.ts';
import { percent, plain, pShown, signed, spanned } from './number-text.ts';
import type { NoAnswer } from '../statistics/unavailable.ts';

/** The metrics of one treatment arm; why some have no answer stands once, under the table. @param level like `95 %`. */
export function metricText({ control, treatment, metrics }: Comparison, level: string): string {
  const head = [
    'metric',
    control,
    treatment,
    'difference',
    'relative',
    `${level}, always valid`,
    'p',
    `${level}, one look`,
    'p',
    'chance to win',
  ];
  const differing = metrics.filter(({ found }) => !isFlat(found));
  const answered = differing.some(({ found }) => found.kind === 'answer');
  const shown = answered ? head : head.slice(0, 3);
  return [
    ...(differing.length === 0 ? [] : [table(shown, differing.map(metricRow))]),
    ...unanswered(metrics),
  ].join('\n');
}

/** Nobody has it, or everybody the same: its two equal means say no more than its name. */
const isFlat = (found: MetricReport['found']): boolean =>
  found.kind === 'no-answer' && found.reason === 'no-spread';

function metricRow({ metric, control, treatment, found }: MetricReport) {
  const means = [control, treatment].map(({ mean }) => (mean === null ? undefined : plain(mean)));
  if (found.kind === 'no-answer')
    return [metric, ...means, ...Array.from({ length: 7 }, () => undefined)];
  const { absolute, adjusted, chanceToWin } = found;
  const { sequential, fixed } = absolute;
  return [
    metric,
    ...means,
    signed(absolute.estimate),
    relativeShown(found.relative),
    spanned(sequential.low, sequential.high),
    pShown(adjusted.sequential),
    spanned(fixed.low, fixed.high),
    pShown(adjusted.fixed),
    percent(chanceToWin),
  ];
}

const relativeShown = (relative: Reading | NoAnswer) =>
  relative.kind === 'reading' ? `${signed(relative.estimate * 100)} %` : undefined;

/** One line per reason, with all the metrics that it holds for. */
function unanswered(metrics: readonly MetricReport[]): string[] {
  const names = new Map<string, string[]>();
  for (const { metric, found } of metrics)
    if (found.kind === 'no-answer')
      names.set(found.message, [...(names.get(found.message) ?? []), metric]);
  return [...names].map(([message, those]) => `${those.join(', ')}: ${message}`);
}
