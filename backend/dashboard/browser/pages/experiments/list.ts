import { mayAct } from '../../api.ts';
import { badge, button, code, empty, h, table, when, type Section } from '../../dom.ts';
import type { Experiment } from '../../../../http/answers.ts';
import { TONES } from './tones.ts';

/** The form is loaded by whoever presses for it. */
const create = async () => (await import('./create.ts')).createExperiment();

/** All of them, and a button for another. */
export function listSection(
  experiments: readonly Experiment[],
  shown: Experiment | undefined,
): Section {
  return {
    id: 'list',
    title: 'Experiments',
    tools: [mayAct && button('Create …', 'primary', create)],
    content: [
      experiments.length === 0
        ? empty(
            'No experiment yet.',
            mayAct ? 'Press “Create”, or run ' : 'An operator creates one, here or by ',
            code('npx trimtab experiments create'),
            '.',
          )
        : table(
            'Experiments, the newest first',
            [{ label: 'Name' }, { label: 'State' }, { label: 'Arms' }, { label: 'Started' }],
            experiments.map((one) => [
              h(
                'a',
                {
                  href: `?id=${encodeURIComponent(one.id)}`,
                  'aria-current': one === shown && 'true',
                },
                one.name,
              ),
              badge(one.status, TONES[one.status]),
              one.arms.map(({ name }) => name).join(', '),
              one.startedAt === null ? '–' : h('span', { class: 'nowrap' }, when(one.startedAt)),
            ]),
          ),
    ],
  };
}
