import { describe, expect, test } from 'vitest';
import { describedBy } from './described-operations.ts';
import { routeFaults, type RouteAnswer } from './route-faults.ts';

const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const thing = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
const document = {
  paths: {
    '/v1/things': {
      post: {
        responses: {
          200: json({ type: 'array', items: { $ref: '#/components/schemas/Thing' } }),
          default: json({ $ref: '#/components/schemas/Problem' }),
        },
      },
      get: { responses: { 200: json({}), 503: json({ type: 'object' }) } },
    },
  },
  components: {
    schemas: {
      Thing: thing,
      Problem: {
        type: 'object',
        properties: { code: { type: 'string' }, message: { type: 'string' } },
        required: ['code', 'message'],
      },
    },
  },
};
const described = describedBy(document);
const faultOf = routeFaults(described, ['sk_very_secret']);
const [post, get] = described.operations;

const answer = (status: number, value: unknown, type = 'application/json; charset=utf-8') =>
  ({
    status,
    type,
    text: typeof value === 'string' ? value : JSON.stringify(value),
  }) satisfies RouteAnswer;
const faultIn = (
  given: RouteAnswer,
  operation = post,
  method = operation.method,
  path = operation.path,
) => faultOf({ operation, method, path, headers: [] }, given);

const problem = { code: 'invalid', message: 'no' };

test('what fits the document is no fault', () => {
  expect(faultIn(answer(200, [{ id: 'a' }]))).toBeUndefined();
  expect(faultIn(answer(404, problem))).toBeUndefined();
  expect(faultIn(answer(503, {}), get)).toBeUndefined();
  // Of a method that is not described, only that it is refused.
  expect(faultIn(answer(404, problem), get, 'PURGE')).toBeUndefined();
  expect(faultIn(answer(200, ''), post, 'HEAD')).toBeUndefined();
  // What leads out of the operation is another page's.
  const page = answer(200, '<p>', 'text/html');
  expect(faultIn(page, get, 'GET', '/v1/things/../..')).toBeUndefined();
  expect(faultIn(page, get, 'GET', '/v1/things?x=..')).toContain('has the type');
});

describe('a fault is seen:', () => {
  test.each<[string, RouteAnswer, string]>([
    ['a failure', answer(500, problem), '500: POST /v1/things'],
    ['a status that is not described', answer(202, {}), '202 is not described'],
    ['another shape', answer(200, [{ id: 1 }]), 'does not fit its description at [].id'],
    ['a part that is missing', answer(200, [{}]), 'does not fit its description'],
    [
      'a refusal without a message',
      answer(400, { code: 'x' }),
      'does not fit its description at message',
    ],
    ['no JSON', answer(200, '[{'), 'is no JSON'],
    ['another type', answer(400, 'no', 'text/html'), 'has the type "text/html"'],
    ['a secret', answer(400, { ...problem, message: 'sk_very_secret' }), 'tells a secret'],
    ['a trace', answer(400, { ...problem, message: 'at f (/app/a.ts:3:7)' }), 'of the inside'],
    [
      'the words of the database',
      answer(400, { ...problem, message: 'SQLITE_BUSY' }),
      'of the inside',
    ],
    ['the name of an error', answer(400, { ...problem, message: 'TypeError: x' }), 'of the inside'],
  ])('%s', (_, given, fault) => expect(faultIn(given)).toContain(fault));
});
