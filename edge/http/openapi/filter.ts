import { closedObject, currency, reference, text } from './parts.ts';

const filterValue = { type: ['string', 'number'] } as const;
const filterParts = { type: 'array', minItems: 1, items: reference('Filter') } as const;

export const filter = {
  description:
    'Which items may be shown, by columns of the catalogue: conditions, joined by all, any and not',
  anyOf: [
    closedObject({ all: filterParts }, ['all']),
    closedObject({ any: filterParts }, ['any']),
    closedObject({ not: reference('Filter') }, ['not']),
    closedObject({ column: text, in: { type: 'array', items: filterValue }, currency }, [
      'column',
      'in',
    ]),
    closedObject({ column: text, allOf: { type: 'array', items: text } }, ['column', 'allOf']),
    closedObject({ column: text, from: filterValue, to: filterValue, currency }, ['column']),
    closedObject({ column: text, known: { type: 'boolean' } }, ['column', 'known']),
    closedObject(
      {
        columns: { type: 'array', items: text, minItems: 2, maxItems: 2 },
        within: closedObject(
          {
            lat: { type: 'number', minimum: -90, maximum: 90 },
            lon: { type: 'number', minimum: -180, maximum: 180 },
            km: { type: 'number' },
          },
          ['lat', 'lon', 'km'],
        ),
      },
      ['columns', 'within'],
    ),
  ],
} as const;
