import { count } from '../../../shared/text/text.ts';
import type { ArmComparison, ExperimentReport } from './experiment-report.ts';
import { percentText, numberText, signedNumber } from './number-text.ts';

/** The reasons to distrust the report's figures, as sentences, the most serious first. */
export function doubtsOf(
  report: Pick<ExperimentReport, 'srm' | 'refused' | 'multipleExposure' | 'carryOver' | 'unit'>,
  comparisons: readonly Omit<ArmComparison, 'verdict'>[],
): string[] {
  const { srm, refused, multipleExposure, carryOver, unit } = report;
  const doubts: string[] = [];
  if (srm.kind === 'srm' && srm.mismatch) {
    doubts.push(
      `sample ratio mismatch (p = ${srm.pValue.toPrecision(2)}): the arms' sizes do not match their traffic, so units were lost or misassigned; trust no result before the cause is found`,
    );
  }
  if (refused?.kind === 'srm' && refused.mismatch) {
    doubts.push(
      `${unit} left out as bots do not match the arms' traffic (p = ${refused.pValue.toPrecision(2)}): an arm changes who is taken for a bot, so the remaining ${unit} are not comparable`,
    );
  }
  if (multipleExposure.kind === 'multiple-exposure' && multipleExposure.flagged) {
    const { units, share } = multipleExposure;
    doubts.push(
      `${count(units)} ${unit} (${percentText(share)}) saw more than one arm and are left out: a fault of assignment or of identity`,
    );
  }
  for (const check of carryOver) {
    if (check.kind === 'carry-over' && check.flagged) {
      doubts.push(
        `the arms of ${check.experiment} are unevenly distributed over these arms (p = ${check.pValue.toPrecision(2)}): its effects carry over into this comparison`,
      );
    }
  }
  return [...doubts, ...comparisons.flatMap(comparisonDoubts)];
}

function comparisonDoubts({
  treatment,
  segments,
  novelty,
}: Omit<ArmComparison, 'verdict'>): string[] {
  const mixed = segments.flatMap(({ metric, dimension, simpson }) => {
    if (simpson.kind === 'no-answer' || simpson.flag === 'none') return [];
    const composition = `${treatment}, ${metric}: the arms have different shares of each ${dimension}`;
    const standardised = signedNumber(simpson.standardised.estimate);
    return simpson.flag === 'reversal'
      ? [
          `${composition}, and the effect is reversed within the segments (Simpson's paradox): ${signedNumber(simpson.pooled)} overall, ${standardised} at equal shares`,
        ]
      : [
          `${composition}, which explains the effect: ${signedNumber(simpson.pooled)} overall, ${standardised} at equal shares`,
        ];
  });
  const trends = novelty.flatMap(({ metric, found }) =>
    found.kind === 'no-answer' || found.trend === 'none'
      ? []
      : [
          `${treatment}, ${metric}: the effect ${found.trend === 'novelty' ? 'wears off' : 'is still growing'} by ${numberText(Math.abs(found.slope))} a day (${found.trend}): the overall effect is not the lasting one`,
        ],
  );
  return [...mixed, ...trends];
}
