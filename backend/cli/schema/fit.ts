import { quantileEdges } from '../../../shared/features/quantile-edges.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { counted } from '../../../shared/text/text.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { asCompared } from './as-compared.ts';
import { positive } from '../command/arguments.ts';
import { readJsonFile } from '../command/read-json-file.ts';
import { localVerb } from '../command/verb.ts';
import { itemFileFrom } from '../items/item-file-from.ts';
import { withItemOptions, type ItemFileOptions } from '../items/item-file-options.ts';
import { readItems, refusalsText } from '../../catalogue/files/read-items.ts';

export const fitVerb = () =>
  withItemOptions(
    localVerb('fit', 'propose quantile features for the number columns of a catalogue').argument(
      '<file>',
      'catalogue, as "trimtab import" takes it; - is stdin',
    ),
  )
    .option('--schema <file>', 'schema whose columns to read (default: smarttrip)')
    .option('--bins <n>', 'bins per column', positive, 8)
    .action(fit);

async function fit(
  file: string,
  options: ItemFileOptions & { schema?: string; bins: number; json?: boolean },
): Promise<void> {
  const { columns } =
    options.schema === undefined ? smarttrip : parseSchema(readJsonFile(options.schema));
  const numbers = columns.filter(({ type }) => type === 'number').map(({ name }) => name);
  const values = new Map(numbers.map((name) => [name, [] as number[]]));
  const { items, refused } = await readItems(
    file,
    { ...(await itemFileFrom(options)), merge: true },
    columns,
  );
  if (refused.length > 0)
    throw new CliError(
      `${file}: ${counted(refused.length, 'row')} cannot be read:\n${refusalsText(refused)}`,
    );
  for (const { attributes } of await asCompared(items, columns))
    for (const [name, seen] of values) {
      const value = attributes[name];
      if (typeof value === 'number') seen.push(value);
    }
  const features = numbers
    .map((column) => ({
      name: `${column}-bin`,
      kind: 'quantile' as const,
      column,
      edges: quantileEdges(values.get(column)!, options.bins),
    }))
    .filter(({ edges }) => edges.length > 0);
  if (features.length === 0) {
    throw new CliError(
      `no column of ${file} can be binned: its ${items.length} items hold no two different numbers in ${numbers.join(', ') || 'any column (the schema has no number column)'}`,
    );
  }
  print(
    features,
    () =>
      `${counted(items.length, 'item')}; add these to the schema's "features":\n\n${features.map((f) => JSON.stringify(f)).join(',\n')}`,
    options,
  );
}
