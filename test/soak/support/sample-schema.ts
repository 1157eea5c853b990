import { ODD_TEXTS, ODD_VALUES, pick, type Random } from './mutate.ts';

/** A JSON schema as `/openapi.json` has it, as far as values are made from it. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly example?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

export type Components = Readonly<Record<string, JsonSchema>>;

const WORDS = [
  'control',
  'bold',
  'click',
  'conversion',
  'smarttrip',
  'additive',
  'v000000',
  'v000001',
  'trip-00001',
  'revenue',
  'ana',
  '2026-11-01',
  '2026-11',
  'user',
  'session',
];

/** A value that a schema describes, mostly: what the schema leaves open is drawn from ordinary and from odd values. */
export function sampleOf(random: Random, schema: JsonSchema, components: Components): unknown {
  const of = (inner: JsonSchema) => sampleOf(random, inner, components);
  if (schema.$ref !== undefined) return of(components[schema.$ref.split('/').at(-1)!] ?? {});
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return pick(random, schema.enum);
  if (schema.example !== undefined && random() < 0.7) return schema.example;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return of(pick(random, choices));
  if (schema.allOf !== undefined)
    return Object.assign({}, ...schema.allOf.map((part) => of(part) as object));
  const type = Array.isArray(schema.type) ? pick(random, schema.type) : schema.type;
  switch (type) {
    case 'object':
      return objectOf(random, schema, of);
    case 'array': {
      const length = (schema.minItems ?? 0) + Math.floor(3 * random());
      return Array.from({ length }, () => of(schema.items ?? {}));
    }
    case 'string':
      return random() < 0.9 ? pick(random, WORDS) : pick(random, ODD_TEXTS);
    case 'integer':
    case 'number':
      return numberOf(random, schema);
    case 'boolean':
      return random() < 0.5;
    case 'null':
      return null;
    default:
      return pick(random, ODD_VALUES);
  }
}

function objectOf(
  random: Random,
  { properties = {}, required = [], additionalProperties }: JsonSchema,
  of: (inner: JsonSchema) => unknown,
): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(properties))
    if (required.includes(name) || random() < 0.5) made[name] = of(inner);
  if (typeof additionalProperties === 'object')
    for (let n = Math.floor(3 * random()); n > 0; n--)
      made[pick(random, WORDS)] = of(additionalProperties);
  return made;
}

function numberOf(random: Random, { type, minimum, maximum }: JsonSchema): number {
  const bounds = [minimum, maximum].filter((bound) => bound !== undefined);
  if (bounds.length > 0 && random() < 0.3) return pick(random, bounds);
  const value = pick(random, [0, 0.05, 0.5, 1, 2, 10, 50, 100, 1000, Date.now()]);
  return type === 'integer' ? Math.round(value) : value;
}
