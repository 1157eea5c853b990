import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../shared/domain/errors.ts';
import type { ItemId, RankingId, SessionId, UserId, Version } from '../../../shared/domain/ids.ts';
import { signToken, verifyToken, type TokenClaims } from '../../../shared/domain/token.ts';
import type { Placement } from '../../../shared/domain/placement.ts';
import { tokenInClear } from '../../support/token-in-clear.ts';
import { fuzz, SEED } from '../support/seed.ts';

const SECRET = 'a secret';
const claims: TokenClaims = {
  rankingId: 'r1' as RankingId,
  sessionId: 's1' as SessionId,
  userId: 'u1' as UserId,
  arm: 'challenger',
  weights: 'v000041' as Version,
  snapshot: 'ab'.repeat(16),
  itemIds: ['t1', '食'] as ItemId[],
  expiresAt: 1000,
};
const token = signToken(claims, SECRET);
const [body, signature] = token.split('.') as [string, string];
const errorOf = (given: string, nowMs = 0) => {
  try {
    verifyToken(given, [SECRET], nowMs);
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('a token', () => {
  it('gives back the claims it was signed with', () => {
    expect(verifyToken(token, [SECRET], 999)).toEqual(claims);
  });

  it('is taken from any of several secrets, and from no other', () => {
    expect(verifyToken(token, ['new', SECRET], 999)).toEqual(claims);
    expect(() => verifyToken(token, ['new', 'newer'], 999)).toThrow('was not issued here');
  });

  it('gives back claims without user and arm', () => {
    const { userId: _user, arm: _arm, ...anonymous } = claims;
    expect(verifyToken(signToken(anonymous, SECRET), [SECRET], 0)).toEqual(anonymous);
  });

  it('gives back the revision of the pointer that its ranking was resolved by', () => {
    const revised = { ...claims, placement: 'home' as Placement, pointerRevision: 258 };
    expect(verifyToken(signToken(revised, SECRET), [SECRET], 0)).toEqual(revised);
  });

  it('is read as edges wrote it before there were revisions', () => {
    const fields = JSON.parse(Buffer.from(body, 'base64url').toString()) as unknown[];
    expect(fields).toHaveLength(11);
    const before = Buffer.from(JSON.stringify(fields.slice(0, 10))).toString('base64url');
    const mac = createHmac('sha256', SECRET).update(before).digest('base64url');
    expect(verifyToken(`${before}.${mac}`, [SECRET], 0)).toEqual(claims);
  });

  it('tells those who hold it nothing of whose it is, not even whether two are of one visitor', () => {
    const sealed = (rankingId: string) => {
      const text = signToken({ ...claims, rankingId: rankingId as RankingId }, SECRET);
      return JSON.parse(Buffer.from(text.split('.')[0], 'base64url').toString()) as unknown[];
    };
    const keyed = { sessionId: 'kZZ2ThZ4jiabudIYZAmYOQ', userId: '0Pj7hpSnF0yM4J-d9A70jA' };
    const own = { ...claims, ...keyed } as unknown as TokenClaims;
    const read = Buffer.from(signToken(own, SECRET).split('.')[0], 'base64url').toString();
    for (const id of Object.values(keyed)) expect(read).not.toContain(id);
    expect(verifyToken(signToken(own, SECRET), [SECRET], 0)).toEqual(own);
    expect(verifyToken(signToken(own, SECRET), ['new', SECRET], 0)).toEqual(own);
    expect(sealed('r1')[1]).not.toEqual(sealed('r2')[1]);
    expect(sealed('r1')[1]).toEqual(sealed('r1')[1]);
  });

  it.each<[string, Partial<TokenClaims>]>([
    ['with a placement', { placement: 'home' as Placement }],
    ['from before there were placements', {}],
  ])('is read as edges wrote it before its visitor was sealed, %s', (_, more) => {
    const given = { ...claims, ...more };
    expect(verifyToken(tokenInClear(given, SECRET), [SECRET], 0)).toEqual(given);
    const { userId: _user, arm: _arm, ...anonymous } = given;
    expect(verifyToken(tokenInClear(anonymous, SECRET), [SECRET], 0)).toEqual(anonymous);
  });

  it('is base64url of JSON and of its HMAC-SHA-256, so that any other language can check it', () => {
    const mac = createHmac('sha256', SECRET).update(body).digest('base64url');
    expect(signature).toBe(mac);
    expect(JSON.parse(Buffer.from(body, 'base64url').toString())).toContain('r1');
  });

  it(`survives any text in its claims (seed ${SEED})`, () => {
    const texts = fc.record({
      snapshot: fc.string({ unit: 'grapheme' }),
      arm: fc.string({ minLength: 1, unit: 'grapheme' }),
    });
    fuzz(texts, (own) => {
      expect(verifyToken(signToken({ ...claims, ...own }, SECRET), [SECRET], 0)).toEqual({
        ...claims,
        ...own,
      });
    });
  });

  it('expires', () => {
    expect(errorOf(token, 1000)).toMatchObject({
      status: 401,
      code: 'expired_token',
      message: 'the token expired at 1970-01-01T00:00:01.000Z: rank again',
    });
  });

  const forged = (changed: Partial<TokenClaims>) =>
    signToken({ ...claims, ...changed }, SECRET).split('.')[0];
  it.each<[string, string]>([
    ['signed with another secret', signToken(claims, 'another')],
    ['with the slate of another ranking', `${forged({ itemIds: ['t9' as ItemId] })}.${signature}`],
    ['with the ranking id of another', `${forged({ rankingId: 'r2' as RankingId })}.${signature}`],
    ['with a later expiry', `${forged({ expiresAt: 9e15 })}.${signature}`],
    ['without its signature', body],
    ['with an empty signature', `${body}.`],
    ['without its claims', `.${signature}`],
    ['with another separator', `${body}:${signature}`],
    ['that is empty', ''],
    ['that is a JSON web token', 'eyJhbGciOiJub25lIn0.e30.'],
    ['with a letter that is not base64url', `${body.slice(0, -1)}=.${signature}`],
    ['with letters of other scripts', '食'.repeat(60)],
  ])('%s is refused', (_, given) => {
    expect(errorOf(given)).toMatchObject({ status: 401, code: 'invalid_token' });
  });

  it('is refused when cut at any length, or with any letter changed', () => {
    for (let at = 0; at < token.length; at++) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      for (const given of [token.slice(0, at), changed]) {
        expect(errorOf(given)).toBeInstanceOf(ApiError);
      }
    }
  });
});
