import { relative } from 'node:path';
import type { ConfigInForce } from '../../config/in-force.ts';
import type { Origin } from '../../config/origin.ts';
import { print } from '../../client/print.ts';
import { localVerb } from '../command/verb.ts';
import { literal } from '../../settings/expected.ts';
import { table } from '../../../shared/text/text.ts';

export const configVerb = () =>
  localVerb('config', 'show every setting that is in force here, and where it came from')
    .option('--demo', 'as "npm start" runs: its settings where the configuration file says nothing')
    .action(config);

async function config(options: { demo?: boolean; json?: boolean }): Promise<void> {
  // Imported here, so that the other verbs, which do not need it, start faster.
  const { configInForce } = await import('../../config/in-force.ts');
  const found = await configInForce({
    env: process.env,
    directory: process.cwd(),
    demo: options.demo,
  });
  print(found, () => configText(found), options);
}

const configText = ({ file, settings }: ConfigInForce): string =>
  [
    file === null
      ? 'There is no trimtab.config.ts or trimtab.config.json here or above.'
      : `Configuration file: ${file}`,
    '',
    table(
      ['setting', 'value', 'from'],
      settings.map(({ name, value, origin }) => [
        name,
        valueText(value, origin),
        originText(origin),
      ]),
    ),
  ].join('\n');

function valueText(value: unknown, { from }: Origin): string | null {
  if (from === 'unset') return null;
  return typeof value === 'string' && value !== '' ? value : literal(value);
}

function originText(origin: Origin): string | null {
  switch (origin.from) {
    case 'unset':
      return null;
    case 'default':
      return 'default';
    case 'demo':
      return 'demo (npm start)';
    case 'environment':
      return `environment, ${origin.name}`;
    case 'file':
    case 'keys':
      return relative('.', origin.name);
    default:
      return origin satisfies never;
  }
}
