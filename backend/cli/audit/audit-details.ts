import { parsePointer, type Pointer } from '../../../shared/domain/pointer.ts';
import { counted, cut } from '../../../shared/text/text.ts';

/** The details of an audit entry on one line, long values shortened; `--json` has them whole. */
export const auditDetails = (details: Readonly<Record<string, unknown>>): string =>
  Object.entries(details)
    .map(([name, value]) => `${name}=${shortened(value)}`)
    .join(' ');

const MOST_CHARACTERS = 100;

function shortened(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const pointer = text.startsWith('{') ? parsePointer(text) : undefined;
  if (pointer !== undefined) return pointerText(pointer);
  return cut(text, MOST_CHARACTERS);
}

function pointerText({ champion, layers = [], shadow, hold, placements = {} }: Pointer): string {
  const experiments = layers.reduce((sum, layer) => sum + layer.experiments.length, 0);
  const more = [
    ...(experiments > 0 ? [counted(experiments, 'experiment')] : []),
    ...(shadow === undefined ? [] : [`${shadow.version} in shadow`]),
    ...(hold === true ? ['held'] : []),
    ...Object.entries(placements).map(
      ([placement, one]) => `${placement}: ${one.champion}${one.hold === true ? ' held' : ''}`,
    ),
  ];
  return more.length === 0 ? champion : `${champion} (${more.join(', ')})`;
}
