import { statSync } from 'node:fs';
import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';
import { counted } from '../../../shared/text/text.ts';
import { backendClient, json, segment, type BackendClient } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { note, print } from '../../client/print.ts';
import { uploadItems } from '../../client/upload-items.ts';
import { version } from '../command/arguments.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { formatOf, openItems, readItems } from './read-items.ts';

export const importVerb = () =>
  backendVerb('import', 'add or update items from a file')
    .argument('<file>', '.csv (sets as a|b) or .jsonl, one item per line; - is stdin')
    .option('--format <csv|jsonl>', 'format of the file (default: by its name)')
    .action(importItems);

async function importItems(
  file: string,
  options: VerbOptions & { readonly format?: string },
): Promise<void> {
  // Imported here, so that the other verbs, which do not need it, start faster.
  const { showProgress } = await import('../../client/progress.ts');
  const format = formatOf(file, options.format);
  const stream = openItems(file);
  const client = backendClient(options);
  const columns = format === 'csv' ? await liveColumns(client) : [];
  // A file's size is known before its number of items is; stdin has no size, and prints a line per batch instead.
  const sizeBytes = file === '-' ? undefined : statSync(file).size;
  const progress =
    sizeBytes === undefined ? undefined : showProgress('Importing', sizeBytes, 'bytes');
  let readBytes = 0;
  stream.on('data', (chunk: Buffer) => (readBytes += chunk.length));
  stream.pause();
  const upserted = await uploadItems(client, readItems(stream, format, columns), (uploaded) => {
    if (progress === undefined) note(`${counted(uploaded, 'item')} …`);
    else progress.update(readBytes, `(${counted(uploaded, 'item')})`);
  }).finally(() => progress?.stop());
  print(
    { upserted },
    () => `imported ${counted(upserted, 'item')}; the edge has them within a minute.`,
    options,
  );
}

async function liveColumns(client: BackendClient): Promise<readonly ColumnSpec[]> {
  const { weights } = await json(client.status.$get());
  if (weights === null)
    throw new CliError('no weights are live yet: the edge must be up for the backend to publish');
  const param = { version: segment(version(weights.version)) };
  return (await json(client.weights[':version'].$get({ param }))).schema.columns;
}
