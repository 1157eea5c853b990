import { badge, empty, h, mono, muted, table, when, type Section } from '../../dom.ts';
import { whole } from '../../format.ts';
import type { LiveWeights } from '../../../../http/answers.ts';
import type { Listed } from './answers.ts';

const LISTED = 25;

/** All versions, the newest first. */
export function versionsSection(
  weights: readonly Listed[],
  live: LiveWeights | null,
  shown: string | undefined,
): Section {
  return {
    id: 'versions',
    title: 'Versions',
    content: [
      weights.length === 0
        ? empty('There is no version yet.', 'The first start makes one from the schema’s rules.')
        : table(
            'Versions, the newest first',
            [
              { label: 'Version' },
              { label: 'Name' },
              { label: 'Kind' },
              { label: 'Parent' },
              { label: 'Made' },
            ],
            weights.slice(0, LISTED).map(({ version, name, kind, parent, createdAt }) => [
              h(
                'span',
                { class: 'nowrap' },
                h(
                  'a',
                  {
                    class: 'mono',
                    href: `?version=${version}`,
                    'aria-current': version === shown && 'true',
                  },
                  version,
                ),
                ' ',
                live?.version === version && badge('champion', 'good'),
              ),
              name,
              kind,
              parent === null ? '–' : mono(parent),
              h('span', { class: 'nowrap' }, when(createdAt)),
            ]),
          ),
      weights.length > LISTED &&
        muted(`The newest ${LISTED} of ${whole(weights.length)}; the list above has all.`),
    ],
  };
}
