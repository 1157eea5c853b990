import { count, table } from '../../../shared/text/text.ts';
import type { Comparison } from './experiment-report.ts';
import { pShown, signed, spanned } from './number-text.ts';

/** The segments of those metrics alone whose effect differs between them by more than chance. */
export function segmentText(segments: Comparison['segments']): string[] {
  const telling = segments.filter(
    ({ heterogeneity, simpson }) =>
      (heterogeneity.kind === 'heterogeneity' && heterogeneity.adjustedP < 0.01) ||
      (simpson.kind === 'simpson' && simpson.flag !== 'none'),
  );
  return telling.map(({ metric, dimension, segments: values, heterogeneity }) => {
    const differ =
      heterogeneity.kind === 'heterogeneity'
        ? `effects differ by ${dimension} with p ${pShown(heterogeneity.adjustedP)}`
        : heterogeneity.message;
    const rows = values.map((segment) =>
      segment.kind === 'segment'
        ? [
            segment.value,
            count(segment.units),
            signed(segment.estimate),
            spanned(segment.test.low, segment.test.high),
            pShown(segment.adjustedP),
          ]
        : [segment.value, undefined, segment.message, undefined, undefined],
    );
    const head = [dimension, 'units', 'difference', 'one look', 'p'];
    return `${metric}: ${differ}\n${table(head, rows)}`;
  });
}
