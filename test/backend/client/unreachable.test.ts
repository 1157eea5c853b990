import { expect, test } from 'vitest';
import { unreachable } from '../../../backend/client/unreachable.ts';

const failed = (code: string) => new TypeError('fetch failed', { cause: { code } });

test.each([
  ['ECONNREFUSED', /^cannot reach the backend at http:\/\/b \(ECONNREFUSED\): start it/],
  [
    'UND_ERR_HEADERS_TIMEOUT',
    /^the backend at http:\/\/b did not answer within 5 minutes, and may/,
  ],
])('after %s it says what to do', (code, message) => {
  expect(unreachable('http://b', failed(code))).toMatch(message);
});
