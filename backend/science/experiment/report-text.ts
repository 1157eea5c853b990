import { table } from '../../../shared/text/text.ts';
import type { Comparison, ExperimentReport } from './experiment-report.ts';
import { percent, plain, signed } from './number-text.ts';
import { metricText } from './metric-text.ts';
import { reportSummary } from './report-summary.ts';
import { resultDataText } from './result-data-text.ts';
import { segmentText } from './segment-text.ts';

/**
 * For people at a terminal: the verdict first, then what speaks against it, then what it rests on.
 * @param name what its readers call the experiment.
 */
export function reportText(report: ExperimentReport, name = report.experiment): string {
  return [
    ...reportSummary(report, name),
    ...(report.interleaving === undefined
      ? [
          table(
            ['arm', 'traffic', report.unit],
            report.arms.map((arm) => [arm.name, plain(arm.weight), arm.units]),
          ),
        ]
      : []),
    ...report.comparisons.flatMap((comparison) => comparisonText(comparison, report.alpha)),
  ].join('\n\n');
}

function comparisonText(comparison: Comparison, alpha: number): string[] {
  const { control, treatment, verdict, guardrails, resultData, segments } = comparison;
  return [
    `${treatment} against ${control}: ${verdict.sentence}`,
    metricText(comparison, percent(1 - alpha)),
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
