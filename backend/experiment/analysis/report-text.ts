import { table } from '../../text.ts';
import type { Comparison, ExperimentReport, MetricReport, Reading } from './experiment-report.ts';
import { percent, plain, pShown, signed, spanned } from './figures.ts';
import type { NoAnswer } from './no-answer.ts';
import { reportSummary } from './report-summary.ts';
import { resultDataText } from './result-data-text.ts';
import { segmentText } from './segment-text.ts';

/** For people at a terminal: the verdict first, then what speaks against it, then what it rests on. */
export function reportText(report: ExperimentReport): string {
  return [
    ...reportSummary(report),
    table(
      ['arm', 'traffic', report.unit],
      report.arms.map(({ name, weight, units }) => [name, plain(weight), units]),
    ),
    ...report.comparisons.flatMap((comparison) => comparisonText(comparison, report.alpha)),
  ].join('\n\n');
}

function comparisonText(comparison: Comparison, alpha: number): string[] {
  const { control, treatment, verdict, metrics, guardrails, resultData, segments } = comparison;
  const level = percent(1 - alpha);
  return [
    `${treatment} against ${control}: ${verdict.sentence}`,
    table(
      [
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
      ],
      metrics.map(metricRow),
    ),
    ...(guardrails.length === 0
      ? []
      : [
          table(
            ['guardrail', 'margin', 'harm', 'verdict'],
            guardrails.map(({ metric, margin, found }) =>
              found.kind === 'guardrail'
                ? [metric, percent(margin), harm(found.leastHarm, found.mostHarm), found.verdict]
                : [metric, percent(margin), undefined, found.message],
            ),
          ),
        ]),
    ...(resultData ? [resultDataText(resultData)] : []),
    ...segmentText(segments),
  ];
}

const harm = (least: number, most: number) => `${signed(least * 100)} % to ${signed(most * 100)} %`;

function metricRow({ metric, control, treatment, found }: MetricReport) {
  const means = [control, treatment].map(({ mean }) => (mean === null ? undefined : plain(mean)));
  if (found.kind === 'no-answer') {
    return [metric, ...means, found.message, ...Array.from({ length: 6 }, () => undefined)];
  }
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
