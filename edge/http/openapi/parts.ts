/** What several descriptions are made of. */

export const text = { type: 'string' } as const;
export const currency = {
  type: 'string',
  pattern: '^[A-Z]{3}$',
  description: 'A code of ISO 4217, such as EUR',
} as const;
export const id = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  description: '1 to 128 printable characters without spaces',
} as const;
export const moment = {
  type: ['integer', 'string'],
  description: 'Epoch milliseconds or an ISO date, from 1990 to 2099',
} as const;
export const itemId = { ...id, type: ['string', 'integer'] } as const;
export const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** An object that has these fields and no others. */
export const closedObject = (
  properties: Readonly<Record<string, object>>,
  required: readonly string[],
) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

export const json = (schema: object, example?: object) => ({
  'application/json': { schema, ...(example && { example }) },
});
export const answer = (description: string, schema: object) => ({
  description,
  content: json(schema),
});
export const problems = { default: answer('What was wrong, and the remedy', reference('Problem')) };
