import { counted } from '../../../shared/text/text.ts';
import type { ExperimentReport } from './experiment-report.ts';
import { pValueText } from './number-text.ts';

/** The verdict and the reasons to doubt it, as paragraphs. @param name the experiment's name for the reader. */
export function experimentSummary(report: ExperimentReport, name: string): string[] {
  const { verdict, doubts, interleaving } = report;
  const health = interleaving === undefined ? `\n${healthText(report)}` : '';
  return [
    `${name}: ${verdict}${health}`,
    ...(doubts.length === 0 ? [] : [doubts.map((doubt) => `doubt: ${doubt}`).join('\n')]),
  ];
}

/**
 * Number of units, and whether the arms' sizes match their traffic. Not for interleaved experiments, whose slates show
 * both arms.
 */
function healthText({ srm, arms, unit }: ExperimentReport): string {
  const units = arms.reduce((sum, arm) => sum + arm.units, 0);
  const sampleRatio =
    srm.kind === 'srm'
      ? `arms ${srm.mismatch ? 'do not match' : 'match'} their traffic (sample ratio p ${pValueText(srm.pValue)})`
      : `sample ratio not known: ${srm.message}`;
  return `${counted(units, unit.slice(0, -1))}, ${sampleRatio}`;
}
