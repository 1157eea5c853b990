import { statSync } from 'node:fs';
import type { Command } from 'commander';
import type { ColumnSpec } from '../../shared/features/columns/column-spec.ts';
import { counted } from '../../shared/text/text.ts';
import { backendClient, type BackendClient } from '../client/backend-client.ts';
import { liveVersion } from './live-weights.ts';
import { note, print } from '../client/print.ts';
import { showProgress } from '../client/progress.ts';
import { formatOf, openItems, readItems } from './read-items.ts';
import { uploadItems } from '../client/upload-items.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

interface Options extends VerbOptions {
  readonly format?: string;
}

export const importCommand = (): Command =>
  backendVerb('import', 'put items from a file into the catalogue: new ones and changed ones')
    .argument('<file>', '.csv (sets as a|b) or .jsonl, one item per line; - is stdin')
    .option('--format <csv|jsonl>', 'what the file holds, if its name does not tell')
    .action(importItems);

async function importItems(file: string, options: Options): Promise<void> {
  const format = formatOf(file, options.format);
  const stream = openItems(file);
  const client = backendClient(options);
  const columns = format === 'csv' ? await liveColumns(client) : [];
  // Bytes are known before items are; stdin has no size, and tells each batch instead.
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
  const live = await client.call<{ schema: { columns: readonly ColumnSpec[] } }>(
    'GET',
    `/v1/weights/${await liveVersion(client)}`,
  );
  return live.schema.columns;
}
