import { count } from '../../../shared/text/text.ts';
import type { Comparison, ExperimentReport } from './experiment-report.ts';
import { percent, plain, signed } from './number-text.ts';

/** Everything that speaks against the report's numbers, in sentences, the gravest first. */
export function doubtsOf(
  report: Pick<ExperimentReport, 'srm' | 'refused' | 'multipleExposure' | 'carryOver' | 'unit'>,
  comparisons: readonly Omit<Comparison, 'verdict'>[],
): string[] {
  const { srm, refused, multipleExposure, carryOver, unit } = report;
  const doubts: string[] = [];
  if (srm.kind === 'srm' && srm.mismatch) {
    doubts.push(
      `sample ratio mismatch (p = ${srm.pValue.toPrecision(2)}): the arms' sizes do not fit their traffic, so units were lost or misassigned; trust no result before the cause is found`,
    );
  }
  if (refused?.kind === 'srm' && refused.mismatch) {
    doubts.push(
      `${unit} that are left out as not a person's do not fit the arms' traffic (p = ${refused.pValue.toPrecision(2)}): an arm changes who passes for a person, so those who are left are not alike`,
    );
  }
  if (multipleExposure.kind === 'multiple-exposure' && multipleExposure.flagged) {
    const { units, share } = multipleExposure;
    doubts.push(
      `${count(units)} ${unit} (${percent(share)}) saw more than one arm and are left out: assignment or identity is at fault`,
    );
  }
  for (const check of carryOver) {
    if (check.kind === 'carry-over' && check.flagged) {
      doubts.push(
        `the arms of ${check.experiment} are unevenly spread over these (p = ${check.pValue.toPrecision(2)}): its effects are carried over into this comparison`,
      );
    }
  }
  return [...doubts, ...comparisons.flatMap(ofComparison)];
}

function ofComparison({ treatment, segments, novelty }: Omit<Comparison, 'verdict'>): string[] {
  const mixed = segments.flatMap(({ metric, dimension, simpson }) => {
    if (simpson.kind === 'no-answer' || simpson.flag === 'none') return [];
    const how = `${treatment}, ${metric}: the arms hold different shares of each ${dimension}`;
    const standardised = signed(simpson.standardised.estimate);
    return simpson.flag === 'reversal'
      ? [
          `${how}, and the effect turns round within them (Simpson's paradox): ${signed(simpson.pooled)} as a whole, ${standardised} at equal shares`,
        ]
      : [
          `${how}, which explains the effect: ${signed(simpson.pooled)} as a whole, ${standardised} at equal shares`,
        ];
  });
  const trends = novelty.flatMap(({ metric, found }) =>
    found.kind === 'no-answer' || found.trend === 'none'
      ? []
      : [
          `${treatment}, ${metric}: the effect ${found.trend === 'novelty' ? 'wears off' : 'is still growing'} by ${plain(Math.abs(found.slope))} a day (${found.trend}): the whole's effect is not the one that stays`,
        ],
  );
  return [...mixed, ...trends];
}
