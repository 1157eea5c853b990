import { CONSENTS } from '../../../shared/domain/consent.ts';
import { MAX_RELATED_TO } from '../../../shared/domain/related.ts';
import { MAX_CANDIDATES, MAX_EXCLUDED, MAX_LIMIT } from '../../../shared/domain/rank-request.ts';
import { TOUCH_TYPES } from '../../../shared/domain/visitor-history.ts';
import { currency, id, itemId, moment, reference, text } from './parts.ts';

const preferences = {
  type: 'object',
  maxProperties: 64,
  description:
    'What the visitor is looking for, by the names that features of the live schema read: a text, a number, a list of texts, {min, max}, or of what is compared with prices {amount, currency}',
  additionalProperties: {
    anyOf: [
      text,
      { type: 'number' },
      { type: 'array', items: text, maxItems: 256 },
      {
        type: 'object',
        properties: { min: { type: 'number' }, max: { type: 'number' }, currency },
        additionalProperties: false,
      },
      {
        type: 'object',
        properties: { amount: { type: 'number' }, currency },
        required: ['amount', 'currency'],
        additionalProperties: false,
      },
      { type: 'null' },
    ],
  },
} as const;

const facts = (description: string) => ({
  type: 'object',
  maxProperties: 64,
  description,
  additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
});

export const rankRequest = {
  type: 'object',
  description: 'Without candidates the whole live catalogue competes',
  properties: {
    sessionId: {
      ...id,
      description: `The visit; needed unless consent is none. ${id.description}`,
    },
    userId: { ...id, description: 'A visitor across visits, by an id that names nobody' },
    userSignature: {
      ...text,
      pattern: '^[0-9A-Fa-f]{64}$',
      description:
        'hex(HMAC-SHA-256(USER_SECRET, sessionId + "\\n" + userId)), made by the site’s server; where the edge requires it, a publishable key may name a user with it alone',
    },
    placement: {
      ...text,
      pattern: '^[a-z0-9_-]{1,64}$',
      description: 'Where the list is shown; default main',
    },
    consent: { enum: CONSENTS, description: 'What the visitor agreed to' },
    preferences,
    context: facts(
      'Facts about the request, such as device; market is one of those that the catalogue has, where it has some',
    ),
    demographics: facts('What a person is; read only with the consent to personalise'),
    recent: {
      description:
        'What was done in this session (a list), or what the device remembers of before (an object), which is read only with the consent to personalise',
      anyOf: [
        {
          type: 'array',
          items: {
            type: 'object',
            properties: { itemId, type: { ...text, maxLength: 64 }, at: moment },
            required: ['itemId', 'type', 'at'],
          },
        },
        {
          type: 'object',
          properties: {
            items: {
              type: 'array',
              items: {
                type: 'object',
                properties: {
                  itemId,
                  type: { enum: TOUCH_TYPES },
                  agoHours: { type: 'number', minimum: 0 },
                },
                required: ['itemId', 'type', 'agoHours'],
              },
            },
            searches: {
              type: 'array',
              items: {
                type: 'object',
                properties: { preferences, agoHours: { type: 'number', minimum: 0 } },
                required: ['preferences', 'agoHours'],
              },
            },
          },
        },
      ],
    },
    candidates: {
      type: 'array',
      minItems: 1,
      maxItems: MAX_CANDIDATES,
      description:
        'Items to rank in place of the whole catalogue, in your order: ids, or objects with live attributes',
      items: {
        anyOf: [itemId, { type: 'object', properties: { id: itemId }, required: ['id'] }],
      },
    },
    filters: reference('Filter'),
    exclude: {
      type: 'array',
      maxItems: MAX_EXCLUDED,
      items: itemId,
      description: 'Items that are not shown',
    },
    slateRules: reference('SlateRules'),
    related: {
      description:
        'Items that others are to be like, such as the one of the page: their neighbours compete in place of the whole catalogue, and not they themselves; not with candidates',
      anyOf: [
        itemId,
        {
          type: 'object',
          properties: {
            to: {
              anyOf: [
                itemId,
                { type: 'array', items: itemId, minItems: 1, maxItems: MAX_RELATED_TO },
              ],
            },
          },
          required: ['to'],
        },
      ],
    },
    paging: {
      type: 'boolean',
      default: false,
      description: 'Asks for a cursor, by which the next page comes',
    },
    cursor: {
      ...text,
      description:
        'Of the page before, with the same request otherwise: what the pages above hold is not shown again. Refused with another market, currency, language, amounts, filters or related',
    },
    limit: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: 20 },
    explain: { type: 'boolean', default: false, description: 'Name every point of each score' },
    currency: {
      ...currency,
      description:
        'Of amounts that name none, in preferences and filters, and of amounts in the answer; default that of the market, else of the schema',
    },
    language: {
      ...text,
      maxLength: 35,
      description:
        'Of the texts of reasons (BCP 47), such as de or en-GB; default that of the market',
    },
    amounts: {
      type: 'array',
      minItems: 1,
      maxItems: 8,
      items: text,
      description: 'Columns of prices whose amounts each item of the answer has',
    },
    sentAt: {
      ...moment,
      description: 'When it was sent by the visitor’s clock, which is corrected by it',
    },
  },
} as const;

/** As trips of the demo meet it. */
export const rankExample = {
  sessionId: 'visit-1',
  consent: 'measure',
  preferences: { themes: ['hiking', 'food'], budget: 1500, durationDays: { min: 6, max: 10 } },
  context: { device: 'mobile' },
  limit: 3,
  explain: true,
};
