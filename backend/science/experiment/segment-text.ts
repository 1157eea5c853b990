import { count, table } from '../../../shared/text/text.ts';
import type { ArmComparison } from './experiment-report.ts';
import { pValueText, signedNumber, intervalText } from './number-text.ts';

/** The segments of the metrics whose effect differs significantly between segments. */
export function segmentText(segments: ArmComparison['segments']): string[] {
  const significant = segments.filter(
    ({ heterogeneity, simpson }) =>
      (heterogeneity.kind === 'heterogeneity' && heterogeneity.adjustedP < 0.01) ||
      (simpson.kind === 'simpson' && simpson.flag !== 'none'),
  );
  return significant.map(({ metric, dimension, segments: values, heterogeneity }) => {
    const differ =
      heterogeneity.kind === 'heterogeneity'
        ? `effects differ by ${dimension} with p ${pValueText(heterogeneity.adjustedP)}`
        : heterogeneity.message;
    const rows = values.map((segment) =>
      segment.kind === 'segment'
        ? [
            segment.value,
            count(segment.units),
            signedNumber(segment.estimate),
            intervalText(segment.test.low, segment.test.high),
            pValueText(segment.adjustedP),
          ]
        : [segment.value, undefined, segment.message, undefined, undefined],
    );
    const head = [dimension, 'units', 'difference', 'one look', 'p'];
    return `${metric}: ${differ}\n${table(head, rows)}`;
  });
}
