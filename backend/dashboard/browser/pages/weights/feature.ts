import { h, muted, table, type Section } from '../../dom.ts';
import { points } from '../../format.ts';
import { interval } from '../../interval.ts';
import { Z95, type Whole } from './answers.ts';

/** Points of a feature's buckets with their posterior intervals, beside those of another version. */
export function featureSection(own: Whole, other: Whole | undefined, feature: string): Section {
  const values = own.points[feature];
  const deviations = own.deviations?.[feature];
  const words = own.buckets[feature];
  // Buckets mean the same under one schema only.
  const before = other?.schemaHash === own.schemaHash ? other.points[feature] : undefined;
  const half = (i: number) => Z95 * (deviations?.[i] ?? 0);
  const ends = values.flatMap((value, i) => [
    value - half(i),
    value + half(i),
    before?.[i] ?? value,
  ]);
  const range = [Math.min(0, ...ends), Math.max(0, ...ends)] as const;
  return {
    id: 'feature',
    title: `${feature}: points per bucket`,
    content: [
      other !== undefined &&
        before === undefined &&
        muted(`${other.version} is of another schema: its buckets mean something else.`),
      table(
        `Points of ${feature} in ${own.version}`,
        [
          { label: 'Bucket' },
          { label: 'Points', number: true },
          { label: '95 % interval', number: true },
          { label: 'Interval, drawn', hidden: true },
          ...(before === undefined
            ? []
            : [
                { label: other!.version, number: true },
                { label: 'Difference', number: true },
              ]),
        ],
        values.map((value, i) => [
          words[i],
          points(value),
          deviations === undefined
            ? '–'
            : h(
                'span',
                { class: 'nowrap' },
                `${points(value - half(i))} to ${points(value + half(i))}`,
              ),
          interval({ low: value - half(i), high: value + half(i), mean: value }, range, 0),
          ...(before === undefined ? [] : [points(before[i]), points(value - before[i])]),
        ]),
      ),
      deviations === undefined &&
        muted('This version has no posterior: how well its points are known is not stored.'),
    ],
  };
}
