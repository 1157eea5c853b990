import { code, empty, h, muted, table, type Section } from '../../dom.ts';
import { points, whole } from '../../format.ts';
import type { LiveWeights } from '../../../../http/answers.ts';
import type { Whole } from './answers.ts';

/** As many as stand beside the list of versions without making the page long. */
const SHOWN = 12;

/** What clicks have changed since a version was published. */
export function learnedSection(own: Whole, live: LiveWeights | null): Section {
  const changes =
    own.served === null
      ? []
      : Object.entries(own.served).flatMap(([feature, served]) =>
          served.flatMap((value, bucket) => {
            const before = own.points[feature]?.[bucket] ?? 0;
            return value === before
              ? []
              : [{ feature, bucket: own.buckets[feature][bucket], before, value }];
          }),
        );
  const largest = changes
    .toSorted((a, b) => Math.abs(b.value - b.before) - Math.abs(a.value - a.before))
    .slice(0, SHOWN);
  return {
    id: 'learned',
    title: 'Learned since it was published',
    wide: true,
    content:
      changes.length === 0
        ? [
            empty(
              live?.version === own.version
                ? 'Nothing has been learned from clicks since it went live, or nothing that was sent to the edge yet.'
                : 'Only versions that are live learn as people click.',
              live?.version === own.version && code('npx trimtab status'),
              live?.version === own.version && ' says what learning waits for.',
            ),
          ]
        : [
            muted(
              `Visitors are ranked by ${whole(changes.length)} weights that have changed since then. ${changes.length > SHOWN ? `The ${SHOWN} that changed most:` : ''}`,
            ),
            table(
              'Weights that learning has changed',
              [
                { label: 'Feature' },
                { label: 'Bucket' },
                { label: 'Published', number: true },
                { label: 'Served', number: true },
                { label: 'Change', number: true },
              ],
              largest.map(({ feature, bucket, before, value }) => [
                h('span', { class: 'nowrap' }, feature),
                bucket,
                points(before),
                points(value),
                points(value - before),
              ]),
            ),
          ],
  };
}
