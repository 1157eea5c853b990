import { EVENT_TYPES, MAX_EVENTS_PER_REQUEST, VALUE_RANGES } from '../../../shared/domain/event.ts';
import { MAX_LIMIT } from '../../../shared/domain/rank-request.ts';
import { id, itemId, moment, reference, text } from './parts.ts';

export const event = {
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

export const events = {
  type: 'array',
  items: reference('Event'),
  maxItems: MAX_EVENTS_PER_REQUEST,
};

export const received = {
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

/** The ids and the token are those of a ranking before it. */
export const eventsExample = [
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
