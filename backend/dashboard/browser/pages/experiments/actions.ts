import { api } from '../../api.ts';
import { ask } from '../../dialog.ts';
import { button, type Child } from '../../dom.ts';
import { percent } from '../../format.ts';
import type { Experiment } from '../../../../http/answers.ts';
import { refreshPage } from '../page.ts';

/** What an operator can do with an experiment in its state. */
export function actionsOf({ id, name, status, traffic, ramp }: Experiment): Child[] {
  const param = { id };
  const confirm = async (asked: Parameters<typeof ask>[0]) => {
    await ask(asked);
    refreshPage();
  };
  if (status === 'draft')
    return [
      button('Start …', 'primary', () =>
        confirm({
          title: `Start “${name}”`,
          about: [
            'Visitors are assigned to its arms from now on. Arms without a version are pinned to the champion of this moment.',
          ],
          fields: [
            {
              name: 'weights',
              label: 'Analyse it with',
              type: 'select',
              options: [
                ['frozen', 'the metric weights of its start'],
                ['live', 'the metric weights of the day'],
              ],
            },
          ],
          word: id,
          action: 'Start',
          act: ({ weights }) =>
            api.experiments[':id'].start.$post({
              param,
              json: { freezeWeights: weights === 'frozen' },
            }),
        }),
      ),
    ];
  if (status !== 'running') return [];
  return [
    button('Widen …', 'plain', () =>
      confirm({
        title: `Widen “${name}”`,
        about: ['More of the layer’s units take part; those that do stay in their arms.'],
        fields: [
          {
            name: 'traffic',
            label: `Share of the layer, in per cent (now ${percent(traffic)})`,
            type: 'number',
            value: String(Math.min(100, Math.round(traffic * 200))),
            min: 0.1,
            max: 100,
            step: 'any',
            required: true,
          },
        ],
        action: 'Widen',
        act: ({ traffic: given }) =>
          api.experiments[':id'].widen.$post({ param, json: { traffic: Number(given) / 100 } }),
      }),
    ),
    ...(ramp === null
      ? []
      : ramp.held === undefined
        ? [
            button('Hold the ramp …', 'plain', () =>
              confirm({
                title: `Hold the ramp of “${name}”`,
                about: ['No step is taken until it is resumed; who takes part stays in.'],
                fields: [
                  {
                    name: 'reason',
                    label: 'Reason',
                    hint: 'It stands in the audit log.',
                    required: true,
                  },
                ],
                action: 'Hold',
                act: ({ reason }) => api.experiments[':id'].hold.$post({ param, json: { reason } }),
              }),
            ),
          ]
        : [
            button('Resume the ramp …', 'plain', () =>
              confirm({
                title: `Resume the ramp of “${name}”`,
                about: ['Its steps are taken again. Hours and searches count from now on.'],
                action: 'Resume',
                act: () => api.experiments[':id'].resume.$post({ param }),
              }),
            ),
          ]),
    button('Stop …', 'danger', () =>
      confirm({
        title: `Stop “${name}”`,
        about: ['Its report is frozen, and it cannot be started again.'],
        word: id,
        action: 'Stop',
        tone: 'danger',
        act: () => api.experiments[':id'].stop.$post({ param }),
      }),
    ),
  ];
}
