import { MAX_TOKENS } from '../../shared/format/erasure.ts';
import { dropIns, personalizerProblem } from './openapi/drop-ins.ts';
import { event, events, eventsExample, received } from './openapi/events.ts';
import { filter } from './openapi/filter.ts';
import { answer, json, moment, problems, reference, text } from './openapi/parts.ts';
import { rankExample, rankRequest } from './openapi/rank-request.ts';
import { ranking } from './openapi/ranking.ts';
import { slateRules } from './openapi/slate-rules.ts';

const problem = {
  type: 'object',
  properties: { code: text, message: text, details: {} },
  required: ['code', 'message'],
} as const;

/**
 * What pages ask of the Worker, as OpenAPI 3.1: a plain object, as the parsers are functions written by hand (ADR 7). Tests
 * send its examples and hold the answers against it.
 */
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
        tags: ['rankings'],
        summary: 'Rank items for one visit',
        requestBody: { required: true, content: json(reference('RankRequest'), rankExample) },
        responses: { 200: answer('The ranking', reference('Ranking')), ...problems },
      },
    },
    '/v1/rank/batch': {
      post: {
        operationId: 'rankBatch',
        tags: ['rankings'],
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
        tags: ['visitors'],
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
        tags: ['visitors'],
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
        tags: ['service'],
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
        tags: ['service'],
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
              placements: {
                type: 'object',
                description:
                  'What is served at placements with a lineage of their own, by placement',
                additionalProperties: {
                  type: 'object',
                  properties: {
                    weights: text,
                    schemaHash: text,
                    hold: { type: 'boolean' },
                    degraded: { type: 'boolean' },
                  },
                  required: ['weights', 'schemaHash', 'hold', 'degraded'],
                },
              },
            },
            required: ['weights', 'schemaHash', 'snapshot', 'degraded'],
          }),
          ...problems,
        },
      },
    },
    ...dropIns,
  },
  components: {
    securitySchemes: {
      key: { type: 'http', scheme: 'bearer', description: 'A publishable or secret key' },
      subscription: { type: 'apiKey', in: 'header', name: 'Ocp-Apim-Subscription-Key' },
    },
    schemas: {
      Filter: filter,
      SlateRules: slateRules,
      RankRequest: rankRequest,
      Ranking: ranking,
      Event: event,
      Received: received,
      Problem: problem,
      PersonalizerProblem: personalizerProblem,
    },
  },
} as const;

/** Only when somebody asks: few do, and each isolate would make it before its first ranking. */
export const handleOpenApi = (): Response =>
  new Response(JSON.stringify(OPENAPI), {
    headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' },
  });
