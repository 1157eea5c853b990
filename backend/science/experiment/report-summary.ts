import { counted } from '../../../shared/text/text.ts';
import type { ExperimentReport } from './experiment-report.ts';
import { pShown } from './number-text.ts';

/** The verdict and what speaks against it, as paragraphs. @param name what its readers call the experiment. */
export function reportSummary(report: ExperimentReport, name: string): string[] {
  const { verdict, doubts, interleaving } = report;
  const health = interleaving === undefined ? `\n${healthText(report)}` : '';
  return [
    `${name}: ${verdict}${health}`,
    ...(doubts.length === 0 ? [] : [doubts.map((doubt) => `doubt: ${doubt}`).join('\n')]),
  ];
}

/** Every slate of an interleaved experiment holds both arms: there is nothing to deal. */
function healthText({ srm, arms, unit }: ExperimentReport): string {
  const units = arms.reduce((sum, arm) => sum + arm.units, 0);
  const dealt =
    srm.kind === 'srm'
      ? `arms ${srm.mismatch ? 'not ' : ''}as dealt (sample ratio p ${pShown(srm.pValue)})`
      : srm.message;
  return `${counted(units, unit.slice(0, -1))}, ${dealt}`;
}
