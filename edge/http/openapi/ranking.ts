import { currency, text } from './parts.ts';

export const ranking = {
  type: 'object',
  properties: {
    rankingId: text,
    at: { type: 'integer', description: 'When it was made, epoch ms' },
    weights: { ...text, description: 'The version that ranked, such as v000041' },
    snapshot: text,
    experiment: text,
    arm: text,
    exposures: {
      type: 'array',
      items: { type: 'object', properties: { experiment: text, arm: text } },
    },
    degraded: { type: 'boolean', description: 'Weights or catalogue may be out of date' },
    siteOrder: { type: 'boolean', description: 'The candidates’ own order was kept' },
    items: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          id: text,
          position: { type: 'integer', minimum: 1 },
          score: { type: 'number', description: 'Points' },
          propensity: { type: 'number', minimum: 0, maximum: 1 },
          boost: { type: 'number', description: 'Points that rules added when it was drawn' },
          pinned: { type: 'boolean', description: 'A rule put it there, whatever its score' },
          amounts: {
            type: 'object',
            description: 'Prices by column, where the request asks for them',
            additionalProperties: {
              type: 'object',
              properties: { amount: { type: 'number' }, currency, text },
              required: ['amount', 'currency', 'text'],
            },
          },
          reasons: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                feature: text,
                because: text,
                points: { type: 'number' },
                text: {
                  type: 'object',
                  description: 'Both in the language that the request asks for',
                  properties: { feature: text, because: text },
                  required: ['feature', 'because'],
                },
              },
              required: ['feature', 'because', 'points'],
            },
          },
        },
        required: ['id', 'position', 'score', 'propensity'],
      },
    },
    market: { ...text, description: 'Where the catalogue has markets: the one it was ranked for' },
    language: { ...text, description: 'Of the texts of reasons, where the request asks for one' },
    filters: {
      type: 'object',
      description: 'Where the request asks for an explanation and has filters or exclusions',
      properties: {
        removed: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              path: {
                ...text,
                description:
                  'Of the condition in the request; schema: filters of the schema itself; market: what its market does not show',
              },
              removed: { type: 'integer', description: 'Items that it does not allow' },
              alone: {
                type: 'integer',
                description: 'Of these those that all else allows: so many more without it',
              },
            },
            required: ['path', 'removed', 'alone'],
          },
        },
        left: { type: 'integer', description: 'Items that are left to choose from' },
      },
      required: ['removed', 'left'],
    },
    slateRules: {
      type: 'array',
      description: 'Where the request asks for an explanation: what each rule of the slate did',
      items: {
        type: 'object',
        properties: {
          rule: { enum: ['cap', 'quota', 'pin', 'boost'] },
          by: { ...text, description: 'request, schema, or the id of an operator’s rule' },
          says: text,
          held: { type: 'boolean' },
          items: { type: 'integer' },
          why: text,
        },
        required: ['rule', 'by', 'says', 'held'],
      },
    },
    related: {
      type: 'object',
      description: 'Where related items are asked for',
      properties: {
        to: { type: 'array', items: text },
        neighbours: {
          type: 'integer',
          description:
            'Items that are known to be like them, from which filters may take away; 0: none are known, and all items but these compete',
        },
        problem: { ...text, description: 'Why none are known of some' },
      },
      required: ['to', 'neighbours'],
    },
    page: {
      type: 'object',
      description: 'Of a page that is not the first',
      properties: {
        offset: { type: 'integer', description: 'Items that the pages above hold' },
        of: { ...text, description: 'The ranking of the first page' },
      },
      required: ['offset', 'of'],
    },
    cursor: { ...text, description: 'The next page comes for it; absent where nothing is left' },
    token: { ...text, description: 'Comes back with every event of this ranking' },
    warnings: { type: 'array', items: text },
  },
  required: ['rankingId', 'at', 'weights', 'snapshot', 'degraded', 'items', 'token'],
} as const;
