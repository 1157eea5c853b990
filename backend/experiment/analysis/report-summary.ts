import { counted } from '../../text.ts';
import type { ExperimentReport } from './experiment-report.ts';
import { pShown } from './figures.ts';

/** The verdict and what speaks against it, as paragraphs. */
export function reportSummary({
  experiment,
  verdict,
  doubts,
  srm,
  arms,
  unit,
}: ExperimentReport): string[] {
  const units = arms.reduce((sum, arm) => sum + arm.units, 0);
  const dealt =
    srm.kind === 'srm'
      ? `arms ${srm.mismatch ? 'not ' : ''}as dealt (sample ratio p ${pShown(srm.pValue)})`
      : srm.message;
  return [
    `${experiment}: ${verdict}\n${counted(units, unit.slice(0, -1))}, ${dealt}`,
    ...(doubts.length === 0 ? [] : [doubts.map((doubt) => `doubt: ${doubt}`).join('\n')]),
  ];
}
