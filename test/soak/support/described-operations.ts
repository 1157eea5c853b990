import type { Components, JsonSchema } from './sample-schema.ts';

/** One route and method, as an OpenAPI document describes it. */
export interface Operation {
  readonly method: string;
  /** With `{names}` in the place of what is filled in. */
  readonly path: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: JsonSchema;
  }[];
  /** Of the body; absent where none is described. */
  readonly body?: { readonly type: string; readonly schema: JsonSchema };
  /** By status, `default` included: by media type, the schema of the answer. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
}

export interface Described {
  readonly operations: readonly Operation[];
  readonly components: Components;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>>;
}

/** @param document an OpenAPI 3.1 document as it is served. */
export function describedBy(document: {
  readonly paths: object;
  readonly components?: object;
}): Described {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(
      methods as Record<
        string,
        {
          readonly parameters?: Operation['parameters'];
          readonly requestBody?: Content;
          readonly responses: Readonly<Record<string, Content>>;
        }
      >,
    ).map(([method, { parameters = [], requestBody, responses }]): Operation => {
      const [type, described] = Object.entries(requestBody?.content ?? {})[0] ?? [];
      return {
        method: method.toUpperCase(),
        path,
        parameters,
        ...(type !== undefined && { body: { type, schema: described?.schema ?? {} } }),
        answers: Object.fromEntries(
          Object.entries(responses).map(([status, { content = {} }]) => [
            status,
            Object.fromEntries(
              Object.entries(content).map(([media, { schema = {} }]) => [media, schema]),
            ),
          ]),
        ),
      };
    }),
  );
  const { schemas = {} } = (document.components ?? {}) as { readonly schemas?: Components };
  return { operations, components: schemas };
}
