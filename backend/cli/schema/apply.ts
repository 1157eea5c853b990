import { counted } from '../../../shared/text/text.ts';
import { schemaLogsText } from '../../log/schema-log.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { readJsonFile } from '../command/read-json-file.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const applyVerb = () =>
  backendVerb(
    'apply',
    'make another schema live: its rules go live as a new version, and the catalogue is packed by it',
  )
    .argument('[file]', 'schema as JSON (default: the one that the configuration file names)')
    .action(apply);

async function apply(file: string | undefined, options: VerbOptions): Promise<void> {
  const schema = file === undefined ? undefined : (readJsonFile(file) as object);
  const found = await json(backendClient(options).schema.$post({ json: { schema } }));
  const { applied, version, before, items, logs } = found;
  const { name, hash } = found.schema;
  print(
    found,
    () =>
      applied
        ? [
            `schema ${name} (${hash}) is live as ${version}, with its rules; ${counted(items, 'item')} of the catalogue fit it, and the edge has them within a minute.`,
            `Back: "trimtab promote ${before}".`,
            ...(logs.length > 0 ? [`Of other schemas: ${schemaLogsText(logs)}.`] : []),
          ].join('\n')
        : `schema ${name} (${hash}) is live already, as ${version}: nothing was done.`,
    options,
  );
}
