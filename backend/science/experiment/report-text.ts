import { table } from '../../../shared/text/text.ts';
import type { ArmComparison, ExperimentReport } from './experiment-report.ts';
import { percentText, numberText, openIntervalText } from './number-text.ts';
import { metricText } from './metric-text.ts';
import { experimentSummary } from './report-summary.ts';
import { resultDataText } from './result-data-text.ts';
import { segmentText } from './segment-text.ts';

/**
 * The report as text for a terminal: the verdict, the reasons to doubt it, then the figures.
 * @param name the experiment's name for the reader.
 */
export function reportText(report: ExperimentReport, name = report.experiment): string {
  return [
    ...experimentSummary(report, name),
    ...(report.interleaving === undefined
      ? [
          table(
            ['arm', 'traffic', report.unit],
            report.arms.map((arm) => [arm.name, numberText(arm.weight), arm.units]),
          ),
        ]
      : []),
    ...report.comparisons.flatMap((comparison) => comparisonText(comparison, report.alpha)),
  ].join('\n\n');
}

function comparisonText(comparison: ArmComparison, alpha: number): string[] {
  const { control, treatment, verdict, guardrails, resultData, segments } = comparison;
  return [
    `${treatment} against ${control}: ${verdict.sentence}`,
    metricText(comparison, percentText(1 - alpha)),
    ...(guardrails.length === 0
      ? []
      : [
          table(
            ['guardrail', 'margin', 'harm', 'verdict'],
            guardrails.map(({ metric, margin, found }) =>
              found.kind === 'guardrail'
                ? [
                    metric,
                    percentText(margin),
                    harm(found.leastHarm, found.mostHarm),
                    found.verdict,
                  ]
                : [metric, percentText(margin), undefined, found.message],
            ),
          ),
        ]),
    ...(resultData ? [resultDataText(resultData)] : []),
    ...segmentText(segments),
  ];
}

const harm = (low: number, high: number) => openIntervalText({ low, high });
