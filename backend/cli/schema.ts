import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import {
  bucketCount,
  bucketLabel,
  parseSchema,
  type Schema,
} from '../../shared/features/schema.ts';
import { quantileEdges } from '../../shared/features/quantile-edges.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { counted, table } from '../../shared/text/text.ts';
import { positive } from './arguments.ts';
import { CliError } from '../client/failure.ts';
import { print } from '../client/print.ts';
import { formatOf, openItems, readItems } from './read-items.ts';

export function schemaCommand(): Command {
  const command = new Command('schema').description('check a schema, or fit one to a catalogue');
  command
    .command('check')
    .description('say whether a schema file is valid, and what its features are')
    .argument('<file>', 'schema as JSON')
    .option('--json', 'print JSON, for machines')
    .action(check);
  command
    .command('fit')
    .description('propose quantile features for the number columns of a catalogue')
    .argument('<file>', 'catalogue, .csv or .jsonl; - is stdin')
    .option('--schema <file>', 'schema whose columns to read (default: smarttrip)')
    .option('--format <csv|jsonl>', 'what the file holds, if its name does not tell')
    .option('--bins <n>', 'bins per column', positive, 8)
    .option('--json', 'print the features alone, to paste into a schema')
    .action(fit);
  return command;
}

function check(file: string, options: { json?: boolean }): void {
  const schema = readSchemaFile(file);
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

async function fit(
  file: string,
  options: { schema?: string; format?: string; bins: number; json?: boolean },
): Promise<void> {
  const { columns } = options.schema === undefined ? smarttrip : readSchemaFile(options.schema);
  const numbers = columns.filter(({ type }) => type === 'number').map(({ name }) => name);
  const values = new Map(numbers.map((name) => [name, [] as number[]]));
  let items = 0;
  for await (const item of readItems(openItems(file), formatOf(file, options.format), columns)) {
    items++;
    for (const [name, seen] of values) {
      const value = item[name];
      if (typeof value === 'number') seen.push(value);
    }
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
      `no column of ${file} can be binned: its ${items} items hold no two different numbers in ${numbers.join(', ') || 'any column (the schema has no number column)'}`,
    );
  }
  print(
    features,
    () =>
      `${counted(items, 'item')}; add these to the schema's "features":\n\n${features.map((f) => JSON.stringify(f)).join(',\n')}`,
    options,
  );
}

function readSchemaFile(file: string): Schema {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new CliError(`there is no file ${file}`, 2);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CliError(`${file} is not JSON: ${messageOf(error)}`);
  }
  return parseSchema(value);
}

function meaning(labels: readonly string[]): string {
  const present = labels.slice(1);
  return present.length <= 5
    ? present.join(', ')
    : `${present.slice(0, 3).join(', ')}, … ${present.at(-1)}`;
}
