import { h, muted, table } from '../../dom.ts';
import { figure, whole } from '../../format.ts';
import type { Comparison } from './report.ts';

type Segments = Comparison['segments'][number];

/** Effects by what the units were before they were exposed, a table for each metric and attribute, and whether they differ. */
export const segmentsOf = (segments: Comparison['segments']): HTMLElement =>
  h('div', { class: 'segments' }, segments.map(tableOf));

const tableOf = ({ metric, dimension, segments, heterogeneity }: Segments): HTMLElement =>
  h(
    'div',
    {},
    h('h3', {}, `${metric} by ${dimension}`),
    table(
      `Difference of ${metric} by ${dimension}`,
      [
        { label: dimension },
        { label: 'Units', number: true },
        { label: 'Difference', number: true },
        { label: '95 %, one look', number: true },
        { label: 'p', number: true },
      ],
      segments.map((one) =>
        one.kind === 'segment'
          ? [
              one.value,
              whole(one.units),
              figure(one.estimate),
              `${figure(one.test.low)} to ${figure(one.test.high)}`,
              figure(one.adjustedP),
            ]
          : [one.value, '', '–', '', ''],
      ),
    ),
    muted(
      heterogeneity.kind === 'heterogeneity'
        ? `That the effect is the same everywhere: p ${figure(heterogeneity.adjustedP)}.`
        : 'Whether the effect differs cannot be said yet: a dash has too few units.',
    ),
  );
