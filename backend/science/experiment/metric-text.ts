import { table } from '../../../shared/text/text.ts';
import type { ArmComparison, MetricReport, RelativeReading } from './experiment-report.ts';
import {
  intervalText,
  numberText,
  openIntervalText,
  percentText,
  pValueText,
  signedNumber,
  signedPercent,
} from './number-text.ts';
import type { Unavailable } from '../statistics/unavailable.ts';

/**
 * A table of the metrics of one treatment arm, with the reasons for unavailable ones below it.
 * @param level such as `95 %`.
 */
export function metricText({ control, treatment, metrics }: ArmComparison, level: string): string {
  const head = [
    'metric',
    control,
    treatment,
    'difference',
    `relative, ${level}, always valid`,
    `${level}, always valid`,
    'p',
    `${level}, one look`,
    'p',
    'chance to win',
  ];
  const varying = metrics.filter(({ found }) => !isFlat(found));
  const hasEstimates = varying.some(({ found }) => found.kind === 'answer');
  const shown = hasEstimates ? head : head.slice(0, 3);
  return [
    ...(varying.length === 0 ? [] : [table(shown, varying.map(metricRow))]),
    ...unavailableText(metrics),
  ].join('\n');
}

/** Every unit has the same value, so the row would show two equal means and nothing else. */
const isFlat = (found: MetricReport['found']): boolean =>
  found.kind === 'no-answer' && found.reason === 'no-spread';

function metricRow({ metric, control, treatment, found }: MetricReport) {
  const means = [control, treatment].map(({ mean }) =>
    mean === null ? undefined : numberText(mean),
  );
  if (found.kind === 'no-answer')
    return [metric, ...means, ...Array.from({ length: 7 }, () => undefined)];
  const { absolute, adjusted, chanceToWin } = found;
  const { sequential, fixed } = absolute;
  return [
    metric,
    ...means,
    signedNumber(absolute.estimate),
    relativeShown(found.relative),
    intervalText(sequential.low, sequential.high),
    pValueText(adjusted.sequential),
    intervalText(fixed.low, fixed.high),
    pValueText(adjusted.fixed),
    percentText(chanceToWin),
  ];
}

function relativeShown(relative: RelativeReading | Unavailable): string | undefined {
  if (relative.kind === 'no-answer') return undefined;
  return `${signedPercent(relative.estimate)} (${openIntervalText(relative.sequential)})`;
}

/** One line per reason, with all metrics that are unavailable for it. */
function unavailableText(metrics: readonly MetricReport[]): string[] {
  const names = new Map<string, string[]>();
  for (const { metric, found } of metrics)
    if (found.kind === 'no-answer')
      names.set(found.message, [...(names.get(found.message) ?? []), metric]);
  return [...names].map(([message, metricNames]) => `${metricNames.join(', ')}: ${message}`);
}
