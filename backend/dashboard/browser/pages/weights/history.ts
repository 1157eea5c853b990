import { chart } from '../../chart.ts';
import { muted, type Section } from '../../dom.ts';
import { points } from '../../format.ts';
import { Z95, type History } from './answers.ts';

const DRAWN = 6;

/** Points of a feature's buckets from version to version. */
export function historySection({ feature, buckets, versions }: History): Section {
  // Those that differ most from version to version, or matter most, are worth a line.
  const spread = (bucket: number) => {
    const own = versions.map(({ points: of }) => of[bucket]);
    return Math.max(...own) - Math.min(...own) + Math.abs(own.at(-1) ?? 0) / 100;
  };
  const drawn = buckets
    .map((_, bucket) => bucket)
    .toSorted((a, b) => spread(b) - spread(a))
    .slice(0, DRAWN)
    .toSorted((a, b) => a - b);
  return {
    id: 'history',
    title: `${feature}: over versions`,
    content: [
      chart({
        id: 'points-over-versions',
        title: 'Points per bucket, with 95 % posterior intervals',
        ...(buckets.length > DRAWN && {
          says: `The ${DRAWN} buckets that changed most of ${buckets.length}; the table of each version has all.`,
        }),
        x: {
          kind: 'name',
          label: 'Version',
          values: versions.map(({ version }) => version),
        },
        series: drawn.map((bucket) => {
          const values = versions.map(({ points: of }) => of[bucket]);
          const half = versions.map(({ deviations }) => Z95 * (deviations?.[bucket] ?? 0));
          return {
            label: buckets[bucket],
            values,
            low: values.map((value, i) => value - half[i]),
            high: values.map((value, i) => value + half[i]),
          };
        }),
        format: (value) => points(value),
      }),
      versions.length < 2 &&
        muted('There is one version of this schema so far: the next training adds one.'),
    ],
  };
}
