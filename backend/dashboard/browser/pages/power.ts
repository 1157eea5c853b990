import { api, json } from '../api.ts';
import { h, muted, type Section } from '../dom.ts';
import { fieldOf } from '../field.ts';
import { percent, whole } from '../format.ts';

/** How many units an experiment needs to find an effect, by what the backend plans with. */
export function powerSection(): Section {
  const answer = h('p', { role: 'status', class: 'answer' });
  const form = h(
    'form',
    { class: 'form columns' },
    fieldOf({
      name: 'rate',
      label: 'Rate today, %',
      type: 'number',
      value: '10',
      min: 0.001,
      max: 99.9,
      step: 'any',
      required: true,
    }),
    fieldOf({
      name: 'mde',
      label: 'Smallest effect, % of it',
      type: 'number',
      value: '5',
      min: 0.01,
      max: 1000,
      step: 'any',
      required: true,
    }),
    fieldOf({
      name: 'power',
      label: 'Chance to find it, %',
      type: 'number',
      value: '80',
      min: 1,
      max: 99.9,
      step: 'any',
      required: true,
    }),
    fieldOf({
      name: 'arms',
      label: 'Arms',
      type: 'number',
      value: '2',
      min: 2,
      max: 8,
      step: 1,
      required: true,
    }),
    fieldOf({ name: 'perDay', label: 'Sessions a day', type: 'number', min: 1, step: 1 }),
    h('div', { class: 'actions' }, h('button', { class: 'primary' }, 'Calculate')),
    answer,
  );
  const calculate = async () => {
    const given = new FormData(form);
    const number = (name: string) => Number(given.get(name));
    const perDay = number('perDay');
    const { perArm, total, oneLook, effect, days } = await json(
      api.experiments.size.$post({
        json: {
          baseline: { kind: 'proportion', rate: number('rate') / 100 },
          mde: number('mde') / 100,
          power: number('power') / 100,
          arms: number('arms'),
          ...(perDay > 0 && { perDay }),
        },
      }),
    );
    const within = days === undefined ? '' : `, about ${whole(days)} days`;
    return `${whole(perArm)} per arm, ${whole(total)} in all${within}, to find a difference of ${percent(effect, 2)} by intervals that may be read daily; ${whole(oneLook)} per arm would do for one look at a time fixed beforehand.`;
  };
  const tell = async () => {
    try {
      answer.textContent = await calculate();
    } catch (error) {
      answer.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void tell();
  });
  return {
    id: 'power',
    title: 'Power calculator',
    content: [muted('For a share, such as click-through.'), form],
  };
}
