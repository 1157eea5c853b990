import type { Item } from '../../../shared/domain/item.ts';
import { bucketLabels, type Schema } from '../../../shared/features/schema.ts';
import { missingTexts, type MissingTexts } from '../../../shared/features/missing-texts.ts';
import { parseGivenSchema } from '../../../shared/score/slate-rules/check-rules.ts';
import { counted } from '../../../shared/text/text.ts';
import { refuseForeign } from '../../catalogue/check-items.ts';
import { countBuckets } from '../../catalogue/count-buckets.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { readJsonFile } from '../command/read-json-file.ts';
import { asCompared } from './as-compared.ts';
import { bucketCountsText } from './bucket-counts-text.ts';
import { featureTable } from './feature-table.ts';
import { localVerb } from '../command/verb.ts';
import { itemFileFrom } from '../items/item-file-from.ts';
import { withItemOptions, type ItemFileOptions } from '../items/item-file-options.ts';
import { readItems, refusalsText } from '../../catalogue/files/read-items.ts';

export const checkVerb = () =>
  withItemOptions(
    localVerb('check', 'whether a schema file is valid, and what its features are')
      .argument('<file>', 'schema as JSON')
      .option(
        '--items <file>',
        'also, whether this catalogue fits it, as "trimtab import" would read it',
      ),
  ).action(check);

async function check(
  file: string,
  options: ItemFileOptions & { items?: string; json?: boolean },
): Promise<void> {
  const schema = parseGivenSchema(readJsonFile(file));
  const items =
    options.items === undefined ? undefined : await itemsOf(options.items, schema, options);
  const catalogue = items && countBuckets(schema, items, Date.now());
  const features = schema.features.map((spec) => ({
    name: spec.name,
    kind: spec.kind,
    buckets: bucketLabels(schema, spec),
  }));
  const { name, hash, columns, filters } = schema;
  const texts = missingTexts(schema);
  print(
    {
      name,
      hash,
      columns: columns.length,
      filters: filters.length,
      features,
      texts,
      catalogue,
    },
    () =>
      [
        `${file} is valid: schema ${name}, hash ${hash}, ${columns.length} columns, ${filters.length} filters`,
        featureTable(features),
        ...texts.map(missingText),
        ...(catalogue === undefined ? [] : [bucketCountsText(catalogue, items!.length)]),
      ].join('\n\n'),
    options,
  );
}

const MOST_NAMED = 20;

function missingText({ language, features, labels }: MissingTexts): string {
  const all = [...features.map((one) => `feature ${one}`), ...labels.map((one) => `"${one}"`)];
  return all.length === 0
    ? `texts.${language}: nothing is missing`
    : `texts.${language} lacks ${all.slice(0, MOST_NAMED).join(', ')}${all.length > MOST_NAMED ? ` and ${all.length - MOST_NAMED} more` : ''}: said in English`;
}

/** @throws CliError with what does not fit. */
async function itemsOf(
  file: string,
  schema: Schema,
  options: ItemFileOptions,
): Promise<readonly Item[]> {
  const { items, refused } = await readItems(file, await itemFileFrom(options), schema.columns);
  refuseForeign(schema, items);
  if (refused.length > 0)
    throw new CliError(
      `${file}: ${counted(refused.length, 'row')} refused under schema ${schema.name}:\n${refusalsText(refused)}`,
    );
  return asCompared(items, schema.columns);
}
