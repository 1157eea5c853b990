import { api, json } from '../../api.ts';
import { ask } from '../../dialog.ts';
import { h } from '../../dom.ts';
import { fieldOf, furtherOf, rowsOf } from '../../field.ts';
import { choose } from '../../state.ts';
import { refreshPage } from '../page.ts';
import { askedOf, KINDS, STEP_KINDS } from './asked.ts';

const PER_CENT = { type: 'number', min: 0.001, max: 100, step: 'any', required: true } as const;
const LIKE_THE_OTHERS = '50';

/** Asks for an experiment, with all that `trimtab experiments create` takes, and makes the draft. */
export async function createExperiment(): Promise<void> {
  const [{ weights }, { metrics: known }, { layers }, { placements, weights: live }] =
    await Promise.all([
      json(api.weights.$get()),
      json(api.experiments.metrics.$get()),
      json(api.layers.$get()),
      json(api.status.$get()),
    ]);
  const metrics = known.map(({ name }) => name);
  const versions = [
    ['', 'champion of the start'] as const,
    ...weights.map(({ version, name }) => [version, `${version} ${name}`] as const),
  ];
  const other = weights.find(({ version }) => version !== live?.version)?.version ?? '';
  const own = placements.map(({ placement }) => placement);

  const arms = rowsOf({
    name: 'arms',
    legend: 'Arms, the control first',
    hint: 'Shares are relative: 50 and 50 are one half each, and so are 1 and 1.',
    item: 'arm',
    least: 2,
    most: 8,
    values: [
      { name: 'control', version: '', weight: LIKE_THE_OTHERS },
      { name: 'treatment', version: other, weight: LIKE_THE_OTHERS },
    ],
    added: () => ({ version: other, weight: LIKE_THE_OTHERS }),
    fields: () => [
      { name: 'name', label: 'Name', required: true },
      { name: 'version', label: 'Version', type: 'select', options: versions },
      { name: 'weight', label: 'Share', type: 'number', min: 0, step: 'any', required: true },
    ],
  });
  const metricList = fieldOf({
    name: 'metrics',
    label: 'Metrics, the first one first',
    value: known
      .filter(({ from }) => from !== 'further')
      .map(({ name }) => name)
      .join(', '),
    required: true,
    hint: `Of ${metrics.join(', ')}. Metrics of your own are declared in trimtab.config.ts (experiments.metrics).`,
  });
  const guardrails = rowsOf({
    name: 'guardrails',
    legend: 'Guardrails',
    hint: 'What must not get worse, of the metrics above. One that is broken for certain makes its arm harmful, and holds the ramp.',
    item: 'guardrail',
    least: 0,
    most: 20,
    values: [],
    added: () => ({ metric: metrics[0], margin: '1' }),
    fields: () => [
      { name: 'metric', label: 'Metric', type: 'select', options: metrics },
      { ...PER_CENT, name: 'margin', label: 'Tolerated loss, %', min: 0 },
    ],
  });
  const compared = h('fieldset', { class: 'bare' }, arms, metricList, guardrails);
  const selfTest = h(
    'fieldset',
    { class: 'bare', hidden: true, disabled: true },
    fieldOf({
      name: 'selfTest',
      label: 'Outcome that is the long-term value',
      hint: 'Like renewal. Empty: the target of the metric weights. One arm is trained on the declared metric weights, one on the learned ones.',
    }),
  );
  const kind = fieldOf({ name: 'kind', label: 'What it compares', type: 'select', options: KINDS });
  kind.addEventListener('change', ({ target }) => {
    const isSelfTest = (target as HTMLSelectElement).value === 'self-test';
    compared.hidden = compared.disabled = isSelfTest;
    selfTest.hidden = selfTest.disabled = !isSelfTest;
  });

  await ask({
    title: 'Create an experiment',
    about: [
      'A draft: nobody takes part before it is started. An arm without a version of its own serves the champion of that moment.',
      other === '' && h('p', {}, 'There is no other version yet: the page Training makes one.'),
    ],
    isWide: true,
    fields: [
      { name: 'name', label: 'Name', required: true },
      kind,
      compared,
      selfTest,
      { ...PER_CENT, name: 'traffic', label: 'Share of the visitors, in per cent', value: '10' },
      rowsOf({
        name: 'ramp',
        legend: 'Ramp',
        hint: 'It grows from that share by itself, one step after the other, and each counts from the one before it. Without steps people widen it.',
        item: 'step',
        first: 1,
        least: 0,
        most: 19,
        values: [],
        added: () => ({ kind: 'afterHours', afterHours: '24' }),
        fields: ({ kind: when = 'afterHours' }) => [
          { ...PER_CENT, name: 'traffic', label: 'To, in per cent' },
          { name: 'kind', label: 'When', type: 'select', options: STEP_KINDS },
          when === 'at'
            ? { name: 'at', label: 'Moment, by your clock', type: 'datetime-local', required: true }
            : when === 'afterHours'
              ? { ...PER_CENT, name: when, label: 'Hours', max: 8784 }
              : { ...PER_CENT, name: when, label: 'Searches', min: 1, max: undefined, step: 1 },
        ],
      }),
      {
        name: 'minimumPerArm',
        label: 'Units per arm before a verdict',
        type: 'number',
        value: '1000',
        min: 2,
        step: 1,
        required: true,
        hint: 'Sessions, or users where the layer counts by user. The power calculator on this page says how many it takes.',
      },
      furtherOf(
        'Layer, placements and design',
        h(
          'div',
          { class: 'form columns' },
          fieldOf({
            name: 'layer',
            label: 'Layer',
            options: layers.map(({ name }) => name),
            hint: 'Experiments of one layer never share a visitor. Empty: weights. A name that is new makes one.',
          }),
          fieldOf({
            name: 'unit',
            label: 'A new layer counts by',
            type: 'select',
            options: [['', 'as the layer does'], 'session', 'user'],
          }),
          fieldOf({
            name: 'placements',
            label: 'Placements',
            hint: `Whose rankings may enter it, with commas. Empty: all without weights of their own${own.length === 0 ? '' : `; ${own.join(', ')} ${own.length === 1 ? 'has' : 'have'} them, and each takes an experiment of its own`}.`,
          }),
          fieldOf({
            name: 'design',
            label: 'Design',
            type: 'select',
            options: [
              ['split', 'split: each visitor sees one arm'],
              ['interleaved', 'interleaved: two arms draft each list in turn'],
            ],
          }),
          fieldOf({
            name: 'trigger',
            label: 'Who counts as exposed',
            type: 'select',
            options: [
              ['ranked', 'whoever was ranked for'],
              ['slate differs', 'whose list the arms rank differently'],
            ],
          }),
        ),
      ),
    ],
    action: 'Create the draft',
    act: async (given) => {
      const { id } = await json(api.experiments.$post({ json: askedOf(given) }));
      choose({ id });
    },
  });
  refreshPage();
}
