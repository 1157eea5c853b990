import { MAX_LIMIT } from '../../../shared/domain/rank-request.ts';
import { answer, json, problems, reference, text } from './parts.ts';

const features = {
  type: 'array',
  description: 'Objects, which may hold objects: device.mobile is what lies in device',
  items: { type: 'object' },
} as const;
const fields = {
  type: 'array',
  items: {
    type: 'object',
    properties: { name: text, value: {} },
    required: ['name', 'value'],
  },
} as const;
const eventId = [{ name: 'eventId', in: 'path', required: true, schema: text }] as const;
const personalizer = {
  security: [{ key: [] }, { subscription: [] }],
} as const;
const stored = {
  204: { description: 'It is stored durably' },
  default: answer('As Azure says what was wrong', reference('PersonalizerProblem')),
};

export const personalizerProblem = {
  anyOf: [
    {
      type: 'object',
      properties: {
        error: {
          type: 'object',
          properties: {
            code: text,
            message: text,
            innerError: { type: 'object', properties: { code: text }, required: ['code'] },
          },
          required: ['code', 'message', 'innerError'],
        },
      },
      required: ['error'],
    },
    // Where DROP_IN does not name it, there is no such address.
    reference('Problem'),
  ],
};

/** What `DROP_IN` switches on, for sites that come from elsewhere. Each needs a secret key. */
export const dropIns = {
  '/personalizer/v1.0/rank': {
    post: {
      operationId: 'personalizerRank',
      summary: 'Rank as Azure Personalizer did',
      ...personalizer,
      requestBody: {
        required: true,
        content: json({
          type: 'object',
          properties: {
            contextFeatures: features,
            actions: {
              type: 'array',
              minItems: 1,
              maxItems: 50,
              items: {
                type: 'object',
                properties: { id: text, features },
                required: ['id'],
              },
            },
            excludedActions: { type: 'array', items: text },
            eventId: { ...text, maxLength: 256 },
            deferActivation: { type: 'boolean' },
          },
          required: ['actions'],
        }),
      },
      responses: {
        201: answer('The action to show', {
          type: 'object',
          properties: {
            ranking: {
              type: 'array',
              items: {
                type: 'object',
                properties: { id: text, probability: { type: 'number', minimum: 0, maximum: 1 } },
                required: ['id', 'probability'],
              },
            },
            eventId: text,
            rewardActionId: text,
          },
          required: ['ranking', 'eventId', 'rewardActionId'],
        }),
        default: stored.default,
      },
    },
  },
  '/personalizer/v1.0/events/{eventId}/reward': {
    post: {
      operationId: 'personalizerReward',
      summary: 'How good it was to show the action: the first value counts',
      ...personalizer,
      parameters: eventId,
      requestBody: {
        required: true,
        content: json({
          type: 'object',
          properties: { value: { type: 'number', minimum: 0, maximum: 1 } },
          required: ['value'],
        }),
      },
      responses: stored,
    },
  },
  '/personalizer/v1.0/events/{eventId}/activate': {
    post: {
      operationId: 'personalizerActivate',
      summary: 'The action of a deferred event was shown',
      ...personalizer,
      parameters: eventId,
      responses: stored,
    },
  },
  '/rank/{model}': {
    post: {
      operationId: 'metarankRank',
      summary: 'Rank as Metarank does; the model names the placement',
      parameters: [
        { name: 'model', in: 'path', required: true, schema: text },
        { name: 'explain', in: 'query', schema: { type: 'boolean' } },
      ],
      requestBody: {
        required: true,
        content: json({
          type: 'object',
          properties: {
            id: { ...text, maxLength: 256 },
            timestamp: { type: ['string', 'integer'] },
            user: text,
            session: text,
            fields,
            items: {
              type: 'array',
              minItems: 1,
              maxItems: MAX_LIMIT,
              items: {
                type: 'object',
                properties: { id: text, fields, relevancy: { type: 'number' } },
                required: ['id'],
              },
            },
          },
          required: ['id', 'timestamp', 'items'],
        }),
      },
      responses: {
        200: answer('The items in order', {
          type: 'object',
          properties: {
            took: { type: 'integer' },
            items: {
              type: 'array',
              items: {
                type: 'object',
                properties: { item: text, score: { type: 'number' }, features: fields },
                required: ['item', 'score'],
              },
            },
          },
          required: ['took', 'items'],
        }),
        ...problems,
      },
    },
  },
  '/feedback': {
    post: {
      operationId: 'metarankFeedback',
      summary: 'Events as Metarank takes them: one, or a list',
      requestBody: {
        required: true,
        content: json({
          type: 'object',
          properties: {
            event: { enum: ['item', 'ranking', 'interaction'] },
            id: text,
            timestamp: { type: ['string', 'integer'] },
            ranking: text,
            type: text,
            item: text,
            fields,
            items: { type: 'array', items: { type: 'object' } },
          },
          required: ['event', 'id', 'timestamp'],
        }),
      },
      responses: {
        200: answer('How many were taken', {
          type: 'object',
          properties: {
            accepted: { type: 'integer' },
            status: { enum: ['ok', 'partial'] },
            tookMillis: { type: 'integer' },
            updated: { type: 'integer' },
            rejected: {
              type: 'array',
              items: {
                type: 'object',
                properties: { index: { type: 'integer' }, code: text, message: text },
                required: ['index', 'code', 'message'],
              },
            },
          },
          required: ['accepted', 'status', 'tookMillis', 'updated'],
        }),
        503: problems.default,
        ...problems,
      },
    },
  },
} as const;
