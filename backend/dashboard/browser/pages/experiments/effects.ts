import { chart } from '../../chart.ts';
import { h, type Section } from '../../dom.ts';
import { signedPercent } from '../../format.ts';
import { choose, chosen } from '../../state.ts';
import type { Answer, Experiment } from '../../../../http/answers.ts';

export type Effects = Answer<'/v1/experiments/:id/effects'>['effects'];

/** The effect on one metric as it was read each day. */
export function effectsSection({ metrics }: Experiment, effects: Effects): Section {
  const names = metrics.map(({ name }) => name);
  const asked = chosen('metric');
  const metric = asked !== undefined && names.includes(asked) ? asked : (names[0] ?? '');
  const arms = [
    ...new Set(effects.flatMap(({ arms: of }) => of.map(({ treatment }) => treatment))),
  ];
  const select = h(
    'select',
    { id: 'effect-metric', 'data-chooses': true },
    names.map((name) => h('option', { value: name, selected: name === metric }, name)),
  );
  select.addEventListener('change', () => choose({ metric: select.value }));
  const of = (arm: string, part: 'estimate' | 'low' | 'high') =>
    effects.map(
      ({ arms: then }) =>
        then.find(({ treatment }) => treatment === arm)?.metrics[metric]?.[part] ?? null,
    );
  return {
    id: 'effects',
    title: 'Effect over time',
    content: [
      h('div', { class: 'filter' }, h('label', { for: 'effect-metric' }, 'Metric'), select),
      chart({
        id: 'effect-over-time',
        title: `Relative effect on ${metric}, with 95 % always-valid intervals`,
        says: 'As it was read each day; the last point is of this moment. The intervals may be looked at as often as you like.',
        x: { kind: 'time', values: effects.map(({ at }) => at) },
        series: arms.map((arm) => ({
          label: arm,
          values: of(arm, 'estimate'),
          low: of(arm, 'low'),
          high: of(arm, 'high'),
        })),
        format: (value) => signedPercent(value),
        otherwise: [
          'There is no effect to draw yet.',
          'It begins once each arm has the units that an estimate needs.',
        ],
      }),
    ],
  };
}
