import { h, type Child, type Section } from '../../dom.ts';
import { choose } from '../../state.ts';
import type { Listed } from './answers.ts';

function chooser(
  id: string,
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  value: string | undefined,
  name: string,
): Child[] {
  const select = h(
    'select',
    { id, 'data-chooses': true },
    options.map(([own, text]) => h('option', { value: own, selected: own === value }, text)),
  );
  select.addEventListener('change', () => choose({ [name]: select.value }));
  return [h('label', { for: id }, label), select];
}

/** Which version, beside which other one, and by which feature. */
export function chooseSection(
  weights: readonly Listed[],
  version: string,
  against: string | undefined,
  features: readonly string[],
  feature: string | undefined,
): Section {
  const versions = weights.map(({ version: own, name }) => [own, `${own} ${name}`] as const);
  return {
    id: 'choose',
    wide: true,
    content: [
      h(
        'div',
        { class: 'filter' },
        chooser('choose-version', 'Version', versions, version, 'version'),
        chooser('choose-against', 'Compared with', [['', 'none'], ...versions], against, 'against'),
        chooser(
          'choose-feature',
          'Feature',
          features.map((name) => [name, name]),
          feature,
          'feature',
        ),
      ),
    ],
  };
}
