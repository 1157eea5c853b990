import type { ExperimentReport, MetricReport } from './experiment-report.ts';
import { pShown, signed, spanned } from './figures.ts';
import { reportSummary } from './report-summary.ts';

/** A report as sentences, one a line, where there is no room for tables. */
export function reportLines(report: ExperimentReport): string[] {
  return [
    ...reportSummary(report).flatMap((paragraph) => paragraph.split('\n')),
    ...report.comparisons.flatMap(({ treatment, verdict, metrics, guardrails }) => [
      `${treatment}: ${verdict.sentence}`,
      ...metrics.map((metric) => `${treatment}, ${metricLine(metric)}`),
      ...guardrails.map(
        ({ metric, found }) =>
          `${treatment}, guardrail ${metric}: ${found.kind === 'guardrail' ? found.verdict : found.message}`,
      ),
    ]),
  ];
}

function metricLine({ metric, found }: MetricReport): string {
  if (found.kind === 'no-answer') return `${metric}: ${found.message}`;
  const { estimate, sequential } = found.absolute;
  return `${metric}: ${signed(estimate)} (${spanned(sequential.low, sequential.high)}, always valid; corrected p ${pShown(found.adjusted.sequential)})`;
}
