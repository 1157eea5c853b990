import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signBody, verifyBody } from '../../../shared/domain/ingest-signature.ts';

const body = Uint8Array.of(1, 2, 3);
const NOW_MS = 1_700_000_000_000;
const header = signBody(body, 'secret', NOW_MS);
const FIVE_MINUTES_MS = 300_000;

describe('an ingest signature', () => {
  it('is the HMAC-SHA-256 of its time and the body', () => {
    const mac = createHmac('sha256', 'secret').update(`${NOW_MS}.`).update(body).digest('hex');
    expect(header).toBe(`t=${NOW_MS},v1=${mac}`);
  });

  it.each([0, FIVE_MINUTES_MS, -FIVE_MINUTES_MS])('holds %i ms later', (laterMs) => {
    expect(() => verifyBody(header, body, ['secret'], NOW_MS + laterMs)).not.toThrow();
  });

  it.each<[string, string | undefined, Uint8Array, string, number, string]>([
    ['that is absent', undefined, body, 'secret', NOW_MS, 'header is absent or malformed'],
    ['of another form', 'v1=abc', body, 'secret', NOW_MS, 'header is absent or malformed'],
    ['in capitals', header.toUpperCase(), body, 'secret', NOW_MS, 'header is absent or malformed'],
    [
      'that is older than five minutes',
      header,
      body,
      'secret',
      NOW_MS + FIVE_MINUTES_MS + 1,
      'the signature is from 2023-11-14T22:13:20.000Z: check both clocks',
    ],
    ['from the future', header, body, 'secret', NOW_MS - FIVE_MINUTES_MS - 1, 'check both clocks'],
    [
      'whose time was moved',
      header.replace(`t=${NOW_MS}`, `t=${NOW_MS + 1}`),
      body,
      'secret',
      NOW_MS,
      'the signature does not fit the body',
    ],
    [
      'of another body',
      header,
      Uint8Array.of(1, 2, 4),
      'secret',
      NOW_MS,
      'the signature does not fit the body',
    ],
    [
      'of another secret',
      header,
      body,
      'other',
      NOW_MS,
      'the signature does not fit the body: check the secret',
    ],
    [
      'whose last digit was changed',
      header.slice(0, -1) + (header.endsWith('0') ? '1' : '0'),
      body,
      'secret',
      NOW_MS,
      'the signature does not fit the body',
    ],
  ])('%s is refused', (_, given, sent, secret, nowMs, message) => {
    expect(() => verifyBody(given, sent, [secret], nowMs)).toThrow(message);
  });

  it('is taken from any of several secrets, and from no other', () => {
    const signed = signBody(body, 'old', NOW_MS);
    expect(() => verifyBody(signed, body, ['new', 'old'], NOW_MS)).not.toThrow();
    expect(() => verifyBody(signed, body, ['new'], NOW_MS)).toThrow('check the secret');
  });

  it.each(['t=999999999999999,v1=' + '0'.repeat(64)])(
    'far beyond any date is refused, not crashed on: %s',
    (given) => {
      expect(() => verifyBody(given, body, ['secret'], NOW_MS)).toThrow('check both clocks');
    },
  );
});
