import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { identityKey, identityKeys, identitySecrets } from '../../../shared/domain/identity.ts';
import { parseGivenId, type GivenId } from '../../../shared/domain/ids.ts';

const given = (text: string) => text as GivenId;

describe('keyed ids', () => {
  const key = identityKey('a secret');

  it('are the first 16 bytes of an HMAC-SHA-256 over kind and id', () => {
    for (const id of ['ana', '7', 'é'.repeat(128)]) {
      const mac = (kind: string) =>
        createHmac('sha256', 'a secret').update(`${kind}\0${id}`).digest().subarray(0, 16);
      expect(key.userId(given(id))).toBe(mac('user').toString('base64url'));
      expect(key.sessionId(given(id))).toBe(mac('session').toString('base64url'));
    }
  });

  it('differ by kind and by key, and stay the same otherwise', () => {
    expect(key.userId(given('ana'))).toBe(identityKey('a secret').userId(given('ana')));
    expect(key.userId(given('ana'))).not.toBe(key.sessionId(given('ana')));
    expect(key.userId(given('ana'))).not.toBe(identityKey('another').userId(given('ana')));
    expect(key.fingerprint).not.toBe(identityKey('another').fingerprint);
  });

  it('are keyed by the first secret, and by one derived from the ingest secret where none is set', () => {
    const [newest, older] = identityKeys(identitySecrets(['new', 'old'], ['ingest']));
    expect(newest.fingerprint).toBe(identityKey('new').fingerprint);
    expect(older.fingerprint).toBe(identityKey('old').fingerprint);
    const [derived, ...rest] = identityKeys(identitySecrets([], ['ingest']));
    expect(rest).toEqual([]);
    expect(derived.userId(given('ana'))).not.toBe(identityKey('ingest').userId(given('ana')));
    const rotated = identityKeys(identitySecrets([], ['new ingest', 'ingest']));
    expect(rotated.map(({ fingerprint }) => fingerprint)).toEqual([derived.fingerprint]);
  });
});

describe('the id that a site gives', () => {
  it.each([
    'ana@example.com',
    'a.b+c@mail.example.co.uk',
    'ANA@EXAMPLE.COM',
    'mailto:ana@example.com',
    'ana%40example.com',
    'ana＠example.com',
    '"ana@home"@example.com',
    'ana@bücher.example',
  ])('must not be an e-mail address: %s', (id) =>
    expect(() => parseGivenId(id, 'userId')).toThrow('userId must not be an e-mail address'),
  );

  it.each([
    '+491701234567',
    '+1-555-010-9999',
    '00491701234567',
    '(030)1234-5678',
    '555-123-4567',
    'tel:+491701234567',
    '%2B491701234567',
    '＋491701234567',
    '+49170/1234567',
  ])('must not be a phone number: %s', (id) =>
    expect(() => parseGivenId(id, 'sessionId')).toThrow('sessionId must not be a phone number'),
  );

  it.each([
    '12345678',
    '1701234567890',
    '550e8400-e29b-41d4-a716-446655440000',
    'user-7',
    's_01J9Z3',
    '2026-11-28',
    '20261128-000123',
    'u@home',
    '100%',
    '001/2024/12345',
    '+7',
    '007',
  ])('may be any pseudonym: %s', (id) => expect(parseGivenId(id, 'userId')).toBe(id));
});
