import { api, mayAct } from '../../api.ts';
import { button, muted, type Child } from '../../dom.ts';
import type { LiveWeights } from '../../../../http/answers.ts';
import type { Listed } from './answers.ts';
import { confirmed } from './confirmed.ts';

/** Promote, hold, roll back and release: each is confirmed by typing the version. */
export function actionsOf({ version, name }: Listed, live: LiveWeights | null): Child[] {
  const isLive = live?.version === version;
  return !mayAct
    ? [muted('Signed in to look: an operator may promote, hold and roll back.')]
    : [
        !isLive &&
          button('Promote …', 'primary', () =>
            confirmed({
              title: `Promote ${version}`,
              about: [
                `${version} “${name}” becomes the champion: every visitor that no experiment decides is ranked by it, within the edge’s refresh interval.`,
                'A rollout is the careful way: this is for when you know.',
              ],
              word: version,
              action: 'Promote',
              act: () =>
                api.weights[':version'].promote.$post({
                  param: { version: version as never },
                  query: {},
                }),
            }),
          ),
        button(isLive ? 'Hold …' : 'Roll back …', 'danger', () =>
          confirmed({
            title: isLive ? `Hold ${version}` : `Roll back to ${version}`,
            about: [
              isLive
                ? `${version} stays the champion for everyone, and nothing else goes live until the hold is released. Rollouts stop.`
                : `Everyone is ranked by ${version} at once, rollouts stop, and nothing else goes live until the hold is released.`,
            ],
            word: version,
            action: isLive ? 'Hold' : 'Roll back',
            act: () =>
              api.weights[':version'].rollback.$post({
                param: { version: version as never },
                query: {},
              }),
          }),
        ),
        live?.hold === true &&
          button('Release the hold …', 'primary', () =>
            confirmed({
              title: 'Release the hold',
              about: ['What is live stays live; rollouts and promotions may move it again.'],
              word: live.version,
              action: 'Release',
              act: () => api.weights.release.$post({ query: {} }),
            }),
          ),
      ];
}
