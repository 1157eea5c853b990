import { CONSENTS } from '../../shared/domain/consent.ts';
import { EVENT_TYPES, MAX_EVENTS_PER_REQUEST, VALUE_RANGES } from '../../shared/domain/event.ts';
import { MAX_CANDIDATES, MAX_EXCLUDED, MAX_LIMIT } from '../../shared/domain/rank-request.ts';
import { SLATE_RULE_LIMITS } from '../../shared/domain/slate-rules.ts';
import { TOUCH_TYPES } from '../../shared/domain/visitor-history.ts';
import { MAX_TOKENS } from '../../shared/format/erasure.ts';

/**
 * What pages ask of the Worker, as OpenAPI 3.1: a plain object, as the parsers are functions written by hand (ADR 7). Tests
 * send its examples and hold the answers against it.
 */

const text = { type: 'string' } as const;
const id = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  description: '1 to 128 printable characters without spaces',
} as const;
const moment = {
  type: ['integer', 'string'],
  description: 'Epoch milliseconds or an ISO date, from 1990 to 2099',
} as const;
const itemId = { ...id, type: ['string', 'integer'] } as const;
const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const preferences = {
  type: 'object',
  maxProperties: 64,
  description:
    'What the visitor is looking for, by the names that features of the live schema read: a text, a number, a list of texts, or {min, max}',
  additionalProperties: {
    anyOf: [
      text,
      { type: 'number' },
      { type: 'array', items: text, maxItems: 256 },
      {
        type: 'object',
        properties: { min: { type: 'number' }, max: { type: 'number' } },
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

const filterValue = { type: ['string', 'number'] } as const;
const filterParts = { type: 'array', minItems: 1, items: reference('Filter') } as const;
const condition = (properties: Readonly<Record<string, object>>, required: readonly string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const filter = {
  description:
    'Which items may be shown, by columns of the catalogue: conditions, joined by all, any and not',
  anyOf: [
    condition({ all: filterParts }, ['all']),
    condition({ any: filterParts }, ['any']),
    condition({ not: reference('Filter') }, ['not']),
    condition({ column: text, in: { type: 'array', items: filterValue } }, ['column', 'in']),
    condition({ column: text, allOf: { type: 'array', items: text } }, ['column', 'allOf']),
    condition({ column: text, from: filterValue, to: filterValue }, ['column']),
    condition({ column: text, known: { type: 'boolean' } }, ['column', 'known']),
    condition(
      {
        columns: { type: 'array', items: text, minItems: 2, maxItems: 2 },
        within: condition(
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

const ruleList = (most: number, items: object) => ({ type: 'array', maxItems: most, items });
const whole = (maximum: number) => ({ type: 'integer', minimum: 1, maximum });
const slateRules = {
  type: 'object',
  description:
    'What the slate keeps to besides being of the best items; all of it is part of the draw',
  properties: {
    caps: ruleList(
      SLATE_RULE_LIMITS.caps,
      condition(
        {
          column: text,
          most: whole(SLATE_RULE_LIMITS.items),
          collapse: { type: 'boolean', description: 'Only the best of each value compete' },
        },
        ['column'],
      ),
    ),
    quotas: ruleList(
      SLATE_RULE_LIMITS.quotas,
      condition(
        {
          where: reference('Filter'),
          least: whole(SLATE_RULE_LIMITS.items),
          within: whole(SLATE_RULE_LIMITS.items),
        },
        ['where', 'least', 'within'],
      ),
    ),
    pins: ruleList(
      SLATE_RULE_LIMITS.pins,
      condition({ id: itemId, position: whole(SLATE_RULE_LIMITS.position) }, ['id', 'position']),
    ),
    boosts: ruleList(
      SLATE_RULE_LIMITS.boosts,
      condition(
        {
          where: reference('Filter'),
          ids: ruleList(SLATE_RULE_LIMITS.ids, itemId),
          points: { type: 'number' },
        },
        ['points'],
      ),
    ),
  },
  additionalProperties: false,
} as const;

const rankRequest = {
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
    context: facts('Facts about the request, such as device'),
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
    paging: {
      type: 'boolean',
      default: false,
      description: 'Asks for a cursor, by which the next page comes',
    },
    cursor: {
      ...text,
      description:
        'Of the page before, with the same request otherwise: what the pages above hold is not shown again',
    },
    limit: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: 20 },
    explain: { type: 'boolean', default: false, description: 'Name every point of each score' },
    sentAt: {
      ...moment,
      description: 'When it was sent by the visitor’s clock, which is corrected by it',
    },
  },
} as const;

const ranking = {
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
          reasons: {
            type: 'array',
            items: {
              type: 'object',
              properties: { feature: text, because: text, points: { type: 'number' } },
              required: ['feature', 'because', 'points'],
            },
          },
        },
        required: ['id', 'position', 'score', 'propensity'],
      },
    },
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
                  'Of the condition in the request; schema: filters of the schema itself',
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

const event = {
  type: 'object',
  properties: {
    eventId: { ...id, description: 'Yours, so that what is sent again counts once' },
    type: { enum: EVENT_TYPES },
    rankingId: text,
    itemId: {
      ...itemId,
      description: 'Of the item that it is about; the visit as a whole needs none',
    },
    position: { type: 'integer', minimum: 1, maximum: MAX_LIMIT },
    value: {
      type: 'number',
      description: Object.entries(VALUE_RANGES)
        .map(([type, { min, max, unit }]) => `${type}: ${unit} from ${min} to ${max}`)
        .join('; '),
    },
    properties: {
      type: 'object',
      maxProperties: 32,
      additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
    },
    timestamp: moment,
    token: text,
  },
  required: ['eventId', 'type', 'rankingId', 'timestamp', 'token'],
} as const;

const events = { type: 'array', items: reference('Event'), maxItems: MAX_EVENTS_PER_REQUEST };

const received = {
  type: 'object',
  properties: {
    accepted: { type: 'integer' },
    duplicates: { type: 'integer' },
    rejected: {
      type: 'array',
      items: {
        type: 'object',
        properties: { index: { type: 'integer' }, code: text, message: text },
        required: ['index', 'code', 'message'],
      },
    },
    corrected: { type: 'integer', description: 'Of how many the visitor’s clock was corrected' },
  },
  required: ['accepted', 'duplicates', 'rejected'],
} as const;

const problem = {
  type: 'object',
  properties: { code: text, message: text, details: {} },
  required: ['code', 'message'],
} as const;

const json = (schema: object, example?: object) => ({
  'application/json': { schema, ...(example && { example }) },
});
const answer = (description: string, schema: object) => ({ description, content: json(schema) });
const problems = { default: answer('What was wrong, and the remedy', reference('Problem')) };

/** As trips of the demo meet it. */
const rankExample = {
  sessionId: 'visit-1',
  consent: 'measure',
  preferences: { themes: ['hiking', 'food'], budget: 1500, durationDays: { min: 6, max: 10 } },
  context: { device: 'mobile' },
  limit: 3,
  explain: true,
};

/** The ids and the token are those of a ranking before it. */
const eventsExample = [
  {
    eventId: 'click-1',
    type: 'click',
    rankingId: 'e1d20755-2dd3-47fd-8186-e1b8fdbc7821',
    itemId: 'trip-03137',
    position: 1,
    timestamp: '2026-11-29T10:00:00Z',
    token: '…',
  },
];

export const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Trimtab edge',
    version: '1',
    description:
      'Ranks items and takes what visitors do with them. A publishable key is enough. Errors are {code, message, details?}.',
  },
  security: [{ key: [] }],
  paths: {
    '/v1/rank': {
      post: {
        operationId: 'rank',
        summary: 'Rank items for one visit',
        requestBody: { required: true, content: json(reference('RankRequest'), rankExample) },
        responses: { 200: answer('The ranking', reference('Ranking')), ...problems },
      },
    },
    '/v1/rank/batch': {
      post: {
        operationId: 'rankBatch',
        summary: 'Up to 100 rank requests in one, each answered by itself',
        requestBody: {
          required: true,
          content: json(
            {
              type: 'object',
              properties: {
                requests: {
                  type: 'array',
                  minItems: 1,
                  maxItems: 100,
                  items: reference('RankRequest'),
                },
              },
              required: ['requests'],
            },
            { requests: [rankExample, { ...rankExample, placement: 'newsletter' }] },
          ),
        },
        responses: {
          200: answer('In the order of the requests', {
            type: 'object',
            properties: {
              answers: {
                type: 'array',
                items: {
                  type: 'object',
                  properties: {
                    status: { type: 'integer' },
                    body: { anyOf: [reference('Ranking'), reference('Problem')] },
                    retryAfter: { type: 'integer' },
                  },
                  required: ['status', 'body'],
                },
              },
            },
            required: ['answers'],
          }),
          ...problems,
        },
      },
    },
    '/v1/events': {
      post: {
        operationId: 'sendEvents',
        summary: 'What visitors did with rankings',
        requestBody: {
          required: true,
          content: json(
            {
              anyOf: [
                events,
                {
                  type: 'object',
                  properties: { sentAt: moment, events },
                  required: ['events'],
                },
              ],
            },
            eventsExample,
          ),
        },
        responses: {
          202: answer('What was accepted is stored durably', reference('Received')),
          ...problems,
        },
      },
    },
    '/v1/forget': {
      post: {
        operationId: 'forget',
        summary: 'Erase what was logged of the sessions of rankings, while nobody was logged in',
        requestBody: {
          required: true,
          content: json(
            {
              type: 'object',
              properties: {
                tokens: {
                  type: 'array',
                  minItems: 1,
                  maxItems: MAX_TOKENS,
                  items: text,
                  description: 'Of rankings of these sessions, however old',
                },
              },
              required: ['tokens'],
            },
            { tokens: ['…'] },
          ),
        },
        responses: {
          202: answer('The erasure is stored durably', {
            type: 'object',
            properties: {
              sessions: { type: 'integer', description: 'How many will be erased' },
              unknown: {
                type: 'integer',
                description: 'Of how many tokens this edge knows nothing',
              },
            },
            required: ['sessions', 'unknown'],
          }),
          ...problems,
        },
      },
    },
    '/v1/health': {
      get: {
        operationId: 'health',
        summary: 'Whether the Worker answers',
        security: [],
        responses: {
          200: answer('It does', {
            type: 'object',
            properties: { status: { const: 'ok' } },
            required: ['status'],
          }),
        },
      },
    },
    '/v1/version': {
      get: {
        operationId: 'version',
        summary: 'What this edge serves, and how old it is; a secret key is told more',
        security: [],
        responses: {
          200: answer('What is served', {
            type: 'object',
            properties: {
              weights: text,
              schemaHash: text,
              snapshot: text,
              learned: text,
              weightsAgeMs: { type: ['number', 'null'] },
              snapshotAgeMs: { type: ['number', 'null'] },
              degraded: { type: 'boolean' },
            },
            required: ['weights', 'schemaHash', 'snapshot', 'degraded'],
          }),
          ...problems,
        },
      },
    },
  },
  components: {
    securitySchemes: {
      key: { type: 'http', scheme: 'bearer', description: 'A publishable or secret key' },
    },
    schemas: {
      Filter: filter,
      SlateRules: slateRules,
      RankRequest: rankRequest,
      Ranking: ranking,
      Event: event,
      Received: received,
      Problem: problem,
    },
  },
} as const;

/** Only when somebody asks: few do, and each isolate would make it before its first ranking. */
export const handleOpenApi = (): Response =>
  new Response(JSON.stringify(OPENAPI), {
    headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' },
  });
