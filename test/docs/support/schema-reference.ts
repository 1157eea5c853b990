import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TOUCH_TYPES } from '../../../shared/domain/visitor-history.ts';
import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';
import {
  LEARNED_DAYS,
  LEARNED_MEASURES,
} from '../../../shared/features/columns/learned-columns.ts';
import { KIND_NAMES, type FeatureSpec } from '../../../shared/features/kinds/index.ts';
import { bucketLabels, parseSchema, POSITION_BIAS } from '../../../shared/features/schema.ts';
import { EVERY_KIND } from '../../support/every-kind.ts';
import { interfacesOf, type SourceField, type SourceInterface } from './spec-source.ts';

const source = (path: string) => new URL(`../../../shared/${path}`, import.meta.url);

/** What the sources say of everything that a schema file holds. */
const INTERFACES: ReadonlyMap<string, SourceInterface> = new Map(
  [
    ...globSync('kinds/*.ts', { cwd: fileURLToPath(source('features')) })
      .toSorted()
      .map((file) => `features/${file}`),
    'features/columns/column-spec.ts',
    'features/columns/learned-columns.ts',
    'features/schema.ts',
    'features/neighbour-spec.ts',
    'domain/exploration.ts',
  ].flatMap((file) => [...interfacesOf(source(file))]),
);

/** A value of each type of column, as a row of JSON lines has it, and what it holds. */
export const COLUMN_TYPES: {
  readonly [T in ColumnSpec['type']]: {
    readonly meaning: string;
    readonly spec: ColumnSpec;
    readonly item: Readonly<
      Record<string, string | number | readonly string[] | readonly number[]>
    >;
  };
} = {
  category: {
    meaning: 'One text of a few, such as a brand. A truth value is `true` or `false`.',
    spec: { name: 'brand', type: 'category' },
    item: { brand: 'Kestrel' },
  },
  set: {
    meaning:
      'Any number of texts. Tables write them in one cell, with `|` between them unless `catalogue.read.sets` says otherwise.',
    spec: { name: 'colours', type: 'set' },
    item: { colours: ['black', 'red'] },
  },
  number: {
    meaning: 'A number, such as a price, a weight or a count.',
    spec: { name: 'price', type: 'number' },
    item: { price: 89.9 },
  },
  date: {
    meaning:
      'A moment from 1990 to 2099: an ISO date or time, UTC where no zone is written, or epoch milliseconds.',
    spec: { name: 'departure', type: 'date' },
    item: { departure: '2027-05-06' },
  },
  path: {
    meaning:
      'Levels from the root down, each an attribute of its own: `from` names them. A level that an item lacks matches nothing, and the others still count.',
    spec: { name: 'place', type: 'path', from: ['continent', 'country'] },
    item: { continent: 'Europe', country: 'Portugal' },
  },
  embedding: {
    meaning:
      'A list of exactly `dimensions` numbers (2 to 1536) that some model made of the item. Items with alike directions are alike ([related items](related.md)); nothing else reads it. Tables write it in one cell, with `|` between the numbers.',
    spec: { name: 'vector', type: 'embedding', dimensions: 3 },
    item: { vector: [0.12, -0.5, 0.86] },
  },
};

const specName = (kind: string) =>
  `${kind.replaceAll(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase())}Spec`;

/** Of an interface with those of its bases, each once. */
function fieldsOf(name: string): SourceField[] {
  const found = INTERFACES.get(name);
  if (found === undefined) throw new Error(`there is no interface ${name}`);
  return [...found.fields, ...found.bases.flatMap(fieldsOf)];
}

/** Filled in when a schema is parsed. */
const NOT_WRITTEN = new Set(['sizes', 'hash']);

/** The fields of a kind that a schema file writes. */
export const kindFields = (kind: string): readonly SourceField[] =>
  fieldsOf(specName(kind)).filter(({ name }) => !NOT_WRITTEN.has(name));

type JsonSchema = Readonly<Record<string, unknown>>;

/** A type of the sources as JSON Schema. @throws Error for one that is not known, so that none is left out in silence. */
function jsonType(type: string): JsonSchema {
  const text = type.replaceAll(/\s+/g, ' ').trim();
  const list = /^readonly ([\w']+)\[\]$/.exec(text)?.[1];
  if (list !== undefined) return { type: 'array', items: jsonType(list) };
  if (/^'[^']+'( \| '[^']+')*$/.test(text)) {
    const values = [...text.matchAll(/'([^']+)'/g)].map(([, value]) => value);
    return values.length === 1 ? { const: values[0] } : { enum: values };
  }
  const known = TYPES[text] ?? (INTERFACES.has(text) ? withDefaults(text) : undefined);
  if (known === undefined)
    throw new Error(`a schema file has fields of type ${text}: say what they are`);
  return known;
}

const TYPES: Readonly<Record<string, JsonSchema>> = {
  string: { type: 'string' },
  number: { type: 'number' },
  TouchType: { enum: TOUCH_TYPES },
  LearnedMeasure: { enum: LEARNED_MEASURES },
  LearnedDays: { enum: LEARNED_DAYS },
  PositionBias: { enum: POSITION_BIAS },
  'readonly [string, string]': {
    type: 'array',
    prefixItems: [{ type: 'string' }, { type: 'string' }],
    minItems: 2,
    maxItems: 2,
  },
  'Readonly<Record<string, number>>': { type: 'object', additionalProperties: { type: 'number' } },
};

function objectOf(fields: readonly SourceField[], description?: string): JsonSchema {
  return {
    type: 'object',
    ...(description !== undefined && { description }),
    properties: Object.fromEntries(
      fields.map(({ name, type, comment }) => [
        name,
        { ...jsonType(type), ...(comment !== '' && { description: comment }) },
      ]),
    ),
    required: fields.filter(({ isOptional }) => !isOptional).map(({ name }) => name),
    additionalProperties: false,
  };
}

/** Everything optional: what a file leaves out takes its default. */
const withDefaults = (name: string): JsonSchema => {
  const { required: _, ...rest } = objectOf(
    fieldsOf(name),
    INTERFACES.get(name)!.comment || undefined,
  );
  return rest;
};

/** Of `schema.json`, for editors. */
export const jsonSchema = (): JsonSchema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'A schema of Trimtab: the columns of a catalogue and the features that rank by them',
  type: 'object',
  properties: {
    $schema: { type: 'string' },
    name: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,40}$' },
    columns: {
      type: 'array',
      items: objectOf(fieldsOf('ColumnSpec'), INTERFACES.get('ColumnSpec')!.comment),
    },
    features: {
      type: 'array',
      minItems: 1,
      maxItems: 64,
      items: {
        anyOf: KIND_NAMES.map((kind) =>
          objectOf(kindFields(kind), INTERFACES.get(specName(kind))!.comment),
        ),
      },
    },
    filters: {
      type: 'array',
      maxItems: 7,
      description:
        'Items that are never shown: with one of some values, or with a date in the past.',
      items: {
        anyOf: [
          {
            type: 'object',
            properties: {
              column: { type: 'string' },
              exclude: { type: 'array', items: { type: 'string' } },
            },
            required: ['column', 'exclude'],
            additionalProperties: false,
          },
          {
            type: 'object',
            properties: { column: { type: 'string' }, before: { const: 'now' } },
            required: ['column', 'before'],
            additionalProperties: false,
          },
        ],
      },
    },
    constraints: {
      type: 'array',
      items: objectOf(fieldsOf('ConstraintSpec'), INTERFACES.get('ConstraintSpec')!.comment),
    },
    rules: {
      type: 'object',
      description:
        'The weights of v000000: feature → points by bucket, from bucket 0 (missing) on; what is left out is 0.',
      additionalProperties: { type: 'array', items: { type: 'number' } },
    },
    exploration: withDefaults('ExplorationSpec'),
    training: withDefaults('TrainingSpec'),
    related: objectOf(fieldsOf('NeighbourSpec'), INTERFACES.get('NeighbourSpec')!.comment),
  },
  required: ['name', 'columns', 'features'],
});

const EXAMPLES = parseSchema(EVERY_KIND);

function exampleOf(kind: string): {
  readonly spec: FeatureSpec;
  readonly labels: readonly string[];
} {
  const spec = EXAMPLES.features.find((one) => one.kind === kind)!;
  return { spec, labels: bucketLabels(EXAMPLES, spec) };
}

const MOST_LABELS = 8;

function labelsText(labels: readonly string[]): string {
  const shown = labels.slice(1, MOST_LABELS + 1).map((label, i) => `${i + 1} _${label}_`);
  return `Buckets: 0 _missing_, ${shown.join(', ')}${labels.length > MOST_LABELS + 1 ? `, … ${labels.length - 1} _${labels.at(-1)}_` : ''}.`;
}

const cell = (text: string): string => text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ');

const fieldTable = (fields: readonly SourceField[]): string =>
  [
    '| field | type | meaning |',
    '| --- | --- | --- |',
    ...fields.map(
      ({ name, type, isOptional, comment }) =>
        `| \`${name}\`${isOptional ? ' (optional)' : ''} | \`${cell(type.replaceAll('readonly ', '').replaceAll(/\s+/g, ' '))}\` | ${cell(comment)} |`,
    ),
  ].join('\n');

function kindText(kind: string): string {
  const { spec, labels } = exampleOf(kind);
  const own = kindFields(kind).filter(({ name }) => name !== 'name' && name !== 'kind');
  const written = Object.fromEntries(
    Object.entries(spec).filter(([name]) => !NOT_WRITTEN.has(name)),
  );
  return `### ${kind}

${INTERFACES.get(specName(kind))!.comment}

${own.length === 0 ? '' : `${fieldTable(own)}\n\n`}\`\`\`json
${JSON.stringify(written)}
\`\`\`

${labelsText(labels)}
`;
}

/** `docs/schema.md`. */
export const schemaText = (): string => `# Schema

<!-- Written by test/docs/schema.test.ts from the sources: "npx vitest run test/docs -u" writes it anew. -->

A schema is a JSON file: the \`columns\` of the catalogue, the \`features\` that rank by them, \`filters\`, \`constraints\`, \`rules\`, and
how to explore and train. \`trimtab init\` proposes one from a file of items. \`trimtab schema check schema.json\` says in words what is
wrong with one and what its buckets mean, and with \`--items\` how many items each bucket has. An editor completes and checks it by
\`docs/schema.schema.json\`, which the file names as \`$schema\`.

\`\`\`json
{
  "$schema": "./docs/schema.schema.json",
  "name": "shoes",
  "columns": [{ "name": "price", "type": "number" }],
  "features": [{ "name": "budget", "kind": "price-to-budget", "column": "price", "preference": "budget", "overPercent": [0, 10] }],
  "rules": { "budget": [0, 12, 5] }
}
\`\`\`

## Columns

${INTERFACES.get('ColumnSpec')!.comment}

| type | holds | as a column | in an item |
| --- | --- | --- | --- |
${Object.entries(COLUMN_TYPES)
  .map(
    ([type, { meaning, spec, item }]) =>
      `| \`${type}\` | ${cell(meaning)} | \`${JSON.stringify(spec)}\` | \`${JSON.stringify(item)}\` |`,
  )
  .join('\n')}

## Features

Every feature turns an item and a request into a bucket from 0 to 255; bucket 0 means missing. At most 64 of them. What they share:
\`name\`, by which rules, constraints and reasons refer to it, and \`kind\`.

${KIND_NAMES.map(kindText).join('\n')}
## Filters

\`{"column": "status", "exclude": ["full"]}\` never shows items with one of these values of a category, and
\`{"column": "departure", "before": "now"}\` none whose date is past. At most 7.

## Constraints

${INTERFACES.get('ConstraintSpec')!.comment}

${fieldTable(fieldsOf('ConstraintSpec'))}

## Rules

The weights of \`v000000\`, before anything is learned: feature → points by bucket, from bucket 0 (missing) on. What is left out is 0.

## Exploration

${INTERFACES.get('ExplorationSpec')!.comment}

${fieldTable(fieldsOf('ExplorationSpec'))}

## Training

${fieldTable(fieldsOf('TrainingSpec'))}
`;
