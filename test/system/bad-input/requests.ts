import type { Ask } from '../../support/http.ts';
import type { Problem } from './problem.ts';

/** `METHOD path`, what is wrong with the request, the request, and the answer that it must get. */
export type BadRequest = readonly [route: string, what: string, how: Ask, problem: Problem];

export const TEN_MB = 'x'.repeat(10 * 1024 * 1024);
export const DEEP = '['.repeat(100_000) + ']'.repeat(100_000);

export const invalid = (message: RegExp): Problem => ({
  status: 400,
  code: 'invalid_request',
  message,
});
export const notJson: Problem = { status: 400, code: 'invalid_json', message: /must be JSON/ };
export const tooLarge: Problem = { status: 413, code: 'too_large', message: /in parts/ };
export const ids = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `item-${i}` }));
export const asked = (part: object) => ({ body: { sessionId: 's', ...part } });

/** With a publishable key. */
export const RANK: readonly BadRequest[] = (
  [
    ['JSON that breaks off', { body: '{"sessionId": "s"' }, notJson],
    ['no body', { body: '' }, notJson],
    ['NaN in the JSON', { body: '{"sessionId":"s","preferences":{"budget":NaN}}' }, notJson],
    ['Infinity in the JSON', { body: '{"sessionId":"s","limit":Infinity}' }, notJson],
    [
      'a number beyond all numbers',
      { body: '{"sessionId":"s","limit":1e999}' },
      invalid(/limit must be/),
    ],
    [
      'a budget beyond all numbers',
      { body: '{"sessionId":"s","preferences":{"budget":1e999}}' },
      invalid(/preferences.budget must be/),
    ],
    ['null', { body: 'null' }, invalid(/must be a JSON object/)],
    ['a list', { body: [] }, invalid(/must be a JSON object/)],
    ['no sessionId', { body: {} }, invalid(/sessionId must be/)],
    [
      'a number for a sessionId',
      { body: { sessionId: 7 } },
      invalid(/sessionId must be .* but was 7/),
    ],
    [
      'a sessionId with a line break',
      { body: { sessionId: 'a\nb' } },
      invalid(/sessionId must be/),
    ],
    [
      'a sessionId that ends in half a character',
      { body: { sessionId: 'a\ud83d' } },
      invalid(/sessionId must be .* but was "a\\ud83d"/),
    ],
    [
      'a sessionId nested 100,000 deep',
      { body: `{"sessionId":${DEEP}}` },
      invalid(/sessionId must be/),
    ],
    ['limit 0', asked({ limit: 0 }), invalid(/limit must be .* but was 0/)],
    ['limit 101', asked({ limit: 101 }), invalid(/from 1 to 100/)],
    ['limit "10"', asked({ limit: '10' }), invalid(/but was "10"/)],
    ['limit NaN as text', asked({ limit: 'NaN' }), invalid(/but was "NaN"/)],
    [
      'a limit nested 100,000 deep',
      { body: `{"sessionId":"s","limit":${DEEP}}` },
      invalid(/limit must be/),
    ],
    ['explain "yes"', asked({ explain: 'yes' }), invalid(/explain must be true or false/)],
    [
      'preferences as a list',
      asked({ preferences: [1] }),
      invalid(/preferences must be an object/),
    ],
    [
      'preferences nested 100,000 deep',
      { body: `{"sessionId":"s","preferences":{"themes":${DEEP}}}` },
      invalid(/preferences.themes must be/),
    ],
    ['an object in the context', asked({ context: { hour: {} } }), invalid(/context.hour must be/)],
    ['recent as a text', asked({ recent: 'item-1' }), invalid(/recent must be a list .*or/)],
    [
      'a history of something that is not listed',
      asked({
        consent: 'personalise',
        recent: { items: [{ itemId: 'item-1', type: 'eaten', agoHours: 1 }] },
      }),
      invalid(/recent\.items\[0\]\.type must be/),
    ],
    [
      'a recent item without its type',
      asked({ recent: [{ itemId: 'a', at: 1 }] }),
      invalid(/recent\[0\]/),
    ],
    ['no candidates in the list', asked({ candidates: [] }), invalid(/1 to 2000 items/)],
    ['2,001 candidates', asked({ candidates: ids(2001) }), invalid(/1 to 2000 items/)],
    [
      'a candidate twice',
      asked({ candidates: [...ids(3), { id: 'item-1' }] }),
      invalid(/candidates\[3\]: item item-1 is listed twice/),
    ],
    [
      'a candidate without an id',
      asked({ candidates: [{ price: 1 }] }),
      invalid(/item id must be/),
    ],
    [
      'a candidate whose price is NaN as text',
      asked({ candidates: [{ id: 'a', price: 'NaN' }] }),
      invalid(/item a: "price" must be a number/),
    ],
    [
      'a candidate whose price is Infinity as text',
      asked({ candidates: [{ id: 'a', price: 'Infinity' }] }),
      invalid(/"price" must be a number/),
    ],
    [
      'a candidate with an object in it',
      asked({ candidates: [{ id: 'a', price: {} }] }),
      invalid(/attribute "price"/),
    ],
    [
      'a candidate nested 100,000 deep',
      { body: `{"sessionId":"s","candidates":[{"id":"a","themes":${DEEP}}]}` },
      invalid(/attribute "themes"/),
    ],
    ['10 MB', { body: TEN_MB }, tooLarge],
  ] satisfies readonly (readonly [string, Ask, Problem])[]
).map(([what, how, problem]) => ['POST /v1/rank', what, how, problem]);

/** With a publishable key: what is wrong with the batch as a whole. */
export const BATCHES: readonly BadRequest[] = (
  [
    ['JSON that breaks off', { body: '{"requests":[' }, notJson],
    ['a list of requests', { body: [{ sessionId: 's' }] }, invalid(/1 to 100 rank requests/)],
    ['no request', { body: { requests: [] } }, invalid(/but had 0/)],
    ['101 requests', { body: { requests: ids(101) } }, invalid(/but had 101/)],
    ['10 MB', { body: TEN_MB }, tooLarge],
  ] satisfies readonly (readonly [string, Ask, Problem])[]
).map(([what, how, problem]) => ['POST /v1/rank/batch', what, how, problem]);

/** With a publishable key: what is wrong with the list as a whole. */
export const EVENTS: readonly BadRequest[] = [
  ['POST /v1/events', 'JSON that breaks off', { body: '[{' }, notJson],
  ['POST /v1/events', 'an object', { body: { list: [] } }, invalid(/list of events/)],
  [
    'POST /v1/events',
    '1,001 events',
    { body: ids(1001) },
    { status: 413, code: 'too_many_events', message: /at most 1000/ },
  ],
  ['POST /v1/events', '10 MB', { body: TEN_MB }, tooLarge],
];
