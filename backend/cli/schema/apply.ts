import { counted } from '../../../shared/text/text.ts';
import { schemaLogsText } from '../../log/schema-log.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { readJsonFile } from '../command/read-json-file.ts';
import { backendVerb } from '../command/verb.ts';
import { OF_PLACEMENT, placedQuery, type PlacedOptions } from '../placements/of-placement.ts';

export const applyVerb = () =>
  backendVerb(
    'apply',
    'make another schema live: its rules go live as a new version, and the catalogue is packed by it',
  )
    .argument('[file]', 'schema as JSON (default: the one that the configuration file names)')
    .option(...OF_PLACEMENT)
    .action(apply);

async function apply(file: string | undefined, options: PlacedOptions): Promise<void> {
  const schema = file === undefined ? undefined : (readJsonFile(file) as object);
  const found = await json(
    backendClient(options).schema.$post({ json: { schema, ...placedQuery(options) } }),
  );
  const { applied, version, before, items, logs } = found;
  const { name, hash } = found.schema;
  print(
    found,
    () =>
      applied
        ? [
            `schema ${name} (${hash}) is live as ${version}, with its rules; ${counted(items, 'item')} of the catalogue fit it, and the edge has them within a minute.`,
            `Back: "trimtab promote ${before}${options.placement === undefined ? '' : ` --placement ${options.placement}`}".`,
            ...(logs.length > 0 ? [`Of other schemas: ${schemaLogsText(logs)}.`] : []),
          ].join('\n')
        : `schema ${name} (${hash}) is live already, as ${version}: nothing was done.`,
    options,
  );
}
