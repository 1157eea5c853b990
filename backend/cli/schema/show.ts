import { facts, table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import type { Answer } from '../../http/answers.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { featureTable } from './feature-table.ts';

export const showSchemaVerb = () =>
  backendVerb('show', 'the schema in force: columns, features, filters, and points by its rules')
    .argument('[feature]', 'all the buckets of this feature')
    .action(show);

type InForce = Answer<'/v1/schema'>;

async function show(feature: string | undefined, options: VerbOptions): Promise<void> {
  const found = await json(backendClient(options).schema.$get());
  if (feature === undefined) return print(found, () => wholeText(found), options);
  const spec = found.schema.features.find(({ name }) => name === feature);
  if (spec === undefined)
    throw new CliError(
      `schema ${found.schema.name} has no feature "${feature}": "trimtab schema show" lists them`,
    );
  const buckets = bucketsOf(found, feature);
  print(
    { ...spec, buckets },
    () =>
      `${JSON.stringify(spec)}\n\n${table(
        ['bucket', 'points by rules'],
        buckets.map(({ meaning, points }) => [meaning, points]),
      )}`,
    options,
  );
}

function wholeText(found: InForce): string {
  const { version, schema, buckets } = found;
  const { name, hash, columns, features, filters, constraints } = schema;
  const about = facts([
    ['schema', `${name} (${hash})`],
    ['live as', version],
    ['filters', lines(filters)],
    ['constraints', lines(constraints)],
  ]);
  const ofColumns = columns.map((column) => [column.name, column.type, column.from?.join(' › ')]);
  const inWords = features.map((spec) => ({ ...spec, buckets: buckets[spec.name] }));
  const points = features.flatMap((spec) =>
    bucketsOf(found, spec.name).flatMap((bucket) =>
      bucket.points === 0 ? [] : [[spec.name, bucket.meaning, bucket.points]],
    ),
  );
  return [
    about,
    table(['column', 'type', 'from'], ofColumns),
    featureTable(inWords),
    points.length === 0
      ? 'By its rules all buckets have 0 points.'
      : `${table(['feature', 'bucket', 'points by rules'], points)}\n\nAll other buckets have 0 points by the rules.`,
    'Bucket 0 of every feature is "missing". All buckets of one: "trimtab schema show <feature>".',
  ].join('\n\n');
}

const bucketsOf = ({ schema: { rules }, buckets }: InForce, feature: string) =>
  buckets[feature].map((meaning, bucket) => ({ meaning, points: rules[feature]?.[bucket] ?? 0 }));

const lines = (entries: readonly object[]): string =>
  entries.length === 0 ? 'none' : entries.map((entry) => JSON.stringify(entry)).join(', ');
