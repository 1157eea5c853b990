import { bucketCount, bucketLabel, parseSchema } from '../../../shared/features/schema.ts';
import { table } from '../../../shared/text/text.ts';
import { print } from '../../client/print.ts';
import { readJsonFile } from '../command/read-json-file.ts';
import { localVerb } from '../command/verb.ts';

export const checkVerb = () =>
  localVerb('check', 'whether a schema file is valid, and what its features are')
    .argument('<file>', 'schema as JSON')
    .action(check);

function check(file: string, options: { json?: boolean }): void {
  const schema = parseSchema(readJsonFile(file));
  const features = schema.features.map((spec) => ({
    name: spec.name,
    kind: spec.kind,
    buckets: Array.from({ length: bucketCount(spec) }, (_, bucket) => bucketLabel(spec, bucket)),
  }));
  const { name, hash, columns, filters } = schema;
  print(
    { name, hash, columns: columns.length, filters: filters.length, features },
    () =>
      `${file} is valid: schema ${name}, hash ${hash}, ${columns.length} columns, ${filters.length} filters\n\n${table(
        ['feature', 'kind', 'buckets', 'meaning'],
        features.map((f) => [f.name, f.kind, f.buckets.length, meaning(f.buckets)]),
      )}`,
    options,
  );
}

function meaning(labels: readonly string[]): string {
  const present = labels.slice(1);
  return present.length <= 5
    ? present.join(', ')
    : `${present.slice(0, 3).join(', ')}, … ${present.at(-1)}`;
}
