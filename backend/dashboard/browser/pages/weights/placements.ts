import { api, mayAct } from '../../api.ts';
import {
  badge,
  button,
  h,
  muted,
  notice,
  table,
  when,
  type Child,
  type Section,
} from '../../dom.ts';
import type { Status } from '../../../../http/answers.ts';
import { confirmed } from './confirmed.ts';

type LiveLineage = Status['placements'][number];

/** What is live at placements with a lineage of their own, and what can be done with the version that is shown. */
export function placementsSection(
  placements: readonly LiveLineage[],
  waiting: Status['placementsWaiting'],
  shown: string | undefined,
): Section {
  return {
    id: 'placements',
    title: 'Placements with weights of their own',
    wide: true,
    content: [
      table(
        'What is live at each placement',
        [
          { label: 'Placement' },
          { label: 'Champion' },
          { label: 'Name' },
          { label: 'Since' },
          { label: 'By' },
          ...(mayAct ? [{ label: 'Actions' }] : []),
        ],
        placements.map((one) => [
          h('span', { class: 'nowrap' }, one.placement),
          h(
            'span',
            { class: 'nowrap' },
            h(
              'a',
              {
                class: 'mono',
                href: `?version=${one.version}`,
                'aria-current': one.version === shown && 'true',
              },
              one.version,
            ),
            ' ',
            one.hold && badge('held', 'warn'),
            one.shadow !== null && muted(`${one.shadow} in shadow`),
            !one.isConfigured && badge('not in the configuration', 'warn'),
          ),
          one.name ?? '–',
          one.since === null ? '–' : h('span', { class: 'nowrap' }, when(one.since)),
          one.by ?? '–',
          ...(mayAct ? [h('span', { class: 'actions' }, actionsAt(one, shown))] : []),
        ]),
      ),
      ...waiting.map(({ placement, why }) =>
        notice(
          'warn',
          `${placement} is ranked by the default lineage, as its own has not begun: ${why}`,
        ),
      ),
      muted(
        'Each is trained from its own rankings. What is promoted and rolled back here leaves the other placements, and the champion above, alone.',
      ),
    ],
  };
}

function actionsAt({ placement, version, hold }: LiveLineage, shown: string | undefined): Child[] {
  const query = { placement: placement as never };
  const isLive = version === shown;
  return [
    shown !== undefined &&
      !isLive &&
      button(`Promote ${shown} …`, 'primary', () =>
        confirmed({
          title: `Promote ${shown} at ${placement}`,
          about: [`${shown} becomes the champion of placement ${placement}, and of no other.`],
          word: shown,
          action: 'Promote',
          act: () =>
            api.weights[':version'].promote.$post({ param: { version: shown as never }, query }),
        }),
      ),
    shown !== undefined &&
      button(isLive ? 'Hold …' : `Roll back to ${shown} …`, 'danger', () =>
        confirmed({
          title: isLive ? `Hold ${shown} at ${placement}` : `Roll back ${placement} to ${shown}`,
          about: [
            `Placement ${placement} is ranked by ${shown}, its rollouts stop, and nothing else goes live there until the hold is released.`,
          ],
          word: shown,
          action: isLive ? 'Hold' : 'Roll back',
          act: () =>
            api.weights[':version'].rollback.$post({ param: { version: shown as never }, query }),
        }),
      ),
    hold &&
      button('Release the hold …', 'primary', () =>
        confirmed({
          title: `Release the hold of ${placement}`,
          about: ['What is live stays live; rollouts and promotions may move it again.'],
          word: version,
          action: 'Release',
          act: () => api.weights.release.$post({ query }),
        }),
      ),
  ];
}
