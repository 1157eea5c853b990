import { api, json } from '../../api.ts';
import { ask } from '../../dialog.ts';
import { choose } from '../../state.ts';
import { refreshPage } from '../page.ts';

/** Asks for an experiment of two arms, and makes the draft. */
export async function createExperiment(): Promise<void> {
  const [{ weights }, { metrics: known }] = await Promise.all([
    json(api.weights.$get()),
    json(api.experiments.metrics.$get()),
  ]);
  const versions = weights.map(({ version }) => version);
  await ask({
    title: 'Create an experiment',
    about: [
      'A draft with two arms of one half each: the champion of the moment it is started, and another version. Nobody takes part before it is started.',
    ],
    fields: [
      { name: 'name', label: 'Name', required: true },
      { name: 'version', label: 'Version of the treatment', type: 'select', options: versions },
      {
        name: 'traffic',
        label: 'Share of the visitors, in per cent',
        type: 'number',
        value: '10',
        min: 0.1,
        max: 100,
        step: 'any',
        required: true,
      },
      {
        name: 'minimum',
        label: 'Sessions per arm before a verdict',
        type: 'number',
        value: '1000',
        min: 1,
        step: 1,
        required: true,
        hint: 'The power calculator on this page says how many it takes.',
      },
      {
        name: 'metrics',
        label: 'Metrics, the first one first',
        value: known
          .filter(({ from }) => from !== 'further')
          .map(({ name }) => name)
          .join(', '),
        required: true,
        hint: `Of ${known.map(({ name }) => name).join(', ')}. Metrics of your own are declared in trimtab.config.ts (experiments.metrics).`,
      },
    ],
    action: 'Create the draft',
    act: async ({ name, version, traffic, minimum, metrics }) => {
      const { id } = await json(
        api.experiments.$post({
          json: {
            name,
            traffic: Number(traffic) / 100,
            minimumPerArm: Number(minimum),
            metrics: metrics.split(/[\s,]+/).filter((one) => one !== ''),
            arms: [
              { name: 'control', weight: 50 },
              { name: 'treatment', weight: 50, version: version as never },
            ],
          },
        }),
      );
      choose({ id });
    },
  });
  refreshPage();
}
