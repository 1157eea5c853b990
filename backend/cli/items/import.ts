import type { Schema } from '../../../shared/features/schema.ts';
import { count, counted } from '../../../shared/text/text.ts';
import { refuseForeign } from '../../catalogue/check-items.ts';
import { backendClient, json, segment, type BackendClient } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { note, print } from '../../client/print.ts';
import { deleteItems, storedIds } from '../../client/stored-items.ts';
import { uploadItems } from '../../client/upload-items.ts';
import { version } from '../command/arguments.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { itemFileFrom } from './item-file-from.ts';
import { withItemOptions, type ItemFileOptions } from './item-file-options.ts';
import { formatOf, readItems, refusalsText } from '../../catalogue/files/read-items.ts';

interface Options extends VerbOptions, ItemFileOptions {
  readonly skipRefused?: boolean;
  readonly complete?: boolean;
}

export const importVerb = () =>
  withItemOptions(
    backendVerb('import', 'add or update items from a file').argument(
      '<file>',
      '.csv or .tsv (sets as a|b), .jsonl, or .json with an array; also gzipped; - is stdin',
    ),
  )
    .option(
      '--merge',
      'rows with one id are one item: sets are united, else the first value stays (default: refuse them)',
    )
    .option('--skip-refused', 'import the other items where some are refused (default: none)')
    .option('--complete', 'the file is the whole catalogue: items that it has not are taken out')
    .action(importItems);

async function importItems(file: string, options: Options): Promise<void> {
  // Imported here, so that the other verbs, which do not need it, start faster.
  const { showProgress } = await import('../../client/progress.ts');
  const client = backendClient(options);
  // Before the backend is asked: what is wrong with the file does not depend on it.
  const read = await itemFileFrom(options);
  formatOf(file, read.format);
  const schema = await liveSchema(client);
  const { items, refused, merged } = await readItems(file, read, schema.columns);
  refuseForeign(schema, items);
  if (refused.length > 0) {
    const told = `${count(refused.length)} of ${counted(items.length + merged + refused.length, 'row')} refused:\n${refusalsText(refused)}`;
    if (options.skipRefused !== true)
      throw new CliError(
        `${file}: ${told}\nnothing is imported: mend the file, or import the others with --skip-refused`,
      );
    note(told);
  }
  const progress = showProgress('Importing', items.length, 'items');
  const flat = items.map(({ id, attributes }) => ({ ...attributes, id }));
  const uploaded = await uploadItems(client, flat, progress.update).finally(progress.stop);
  const withdrawn =
    options.complete === true
      ? await withdrawOthers(client, new Set(items.map(({ id }) => id)))
      : 0;
  const result = { ...uploaded, refused: refused.length, merged, withdrawn };
  print(
    result,
    () =>
      `imported ${counted(result.upserted, 'item')}: ${count(result.new)} new, ${count(result.changed)} changed, ${count(result.unchanged)} unchanged, ${count(result.refused)} refused${merged > 0 ? `; ${counted(merged, 'row')} merged into others` : ''}${withdrawn > 0 ? `; ${counted(withdrawn, 'item')} taken out` : ''}; the edge has them within a minute.`,
    options,
  );
}

/** @returns how many items were not among those that stay. */
async function withdrawOthers(client: BackendClient, stay: ReadonlySet<string>): Promise<number> {
  const others = (await storedIds(client)).filter((id) => !stay.has(id));
  await deleteItems(client, others);
  return others.length;
}

async function liveSchema(client: BackendClient): Promise<Pick<Schema, 'name' | 'columns'>> {
  const { weights } = await json(client.status.$get());
  if (weights === null)
    throw new CliError('no weights are live yet: the edge must be up for the backend to publish');
  const param = { version: segment(version(weights.version)) };
  return (await json(client.weights[':version'].$get({ param }))).schema;
}
