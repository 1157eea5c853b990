import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../shared/domain/errors.ts';
import type { ItemId, RankingId, SessionId, UserId, Version } from '../../../shared/domain/ids.ts';
import type { ShownItems } from '../../../shared/domain/shown-items.ts';
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
  expiresAt: 1000,
};
const slate = ['t1', '食'] as ItemId[];
const sign = (own: TokenClaims, secret = SECRET) => signToken(own, slate, secret);
const claimsOf = (given: string) => verifyToken(given, [SECRET], 0).claims;
const token = sign(claims);
const [body, tags, signature] = token.split('.') as [string, string, string];
const expectSlate = (shown: ShownItems) => {
  expect(shown.count).toBe(2);
  expect(slate.map((id) => shown.positionOf(id))).toEqual([1, 2]);
  expect(slate.map((id, slot) => shown.isAt(id, slot + 1))).toEqual([true, true]);
  expect(shown.isAt(slate[0], 2)).toBe(false);
  expect(shown.isAt(slate[0], 3)).toBe(false);
  expect(shown.positionOf('t9' as ItemId)).toBeUndefined();
};
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
    expect(verifyToken(token, [SECRET], 999).claims).toEqual(claims);
  });

  it('is taken from any of several secrets, and from no other', () => {
    expect(verifyToken(token, ['new', SECRET], 999).claims).toEqual(claims);
    expect(() => verifyToken(token, ['new', 'newer'], 999)).toThrow('was not issued here');
  });

  it('gives back claims without user and arm', () => {
    const { userId: _user, arm: _arm, ...anonymous } = claims;
    expect(claimsOf(sign(anonymous))).toEqual(anonymous);
  });

  it('gives back the revision of the pointer that its ranking was resolved by', () => {
    const revised = { ...claims, placement: 'home' as Placement, pointerRevision: 258 };
    expect(claimsOf(sign(revised))).toEqual(revised);
  });

  it('tells which item is in which slot, without naming them', () => {
    expectSlate(verifyToken(token, [SECRET], 0).shown);
    expect(Buffer.from(body, 'base64url').toString()).not.toContain('t1');
    expect(tags).toHaveLength(8);
    expect(verifyToken(signToken(claims, [], SECRET), [SECRET], 0).shown.count).toBe(0);
  });

  it('has other tags for the same items in another ranking, or by another secret', () => {
    const tagsBy = (own: TokenClaims, secret = SECRET) => sign(own, secret).split('.')[1];
    expect(tagsBy(claims)).toBe(tags);
    expect(tagsBy({ ...claims, rankingId: 'r2' as RankingId })).not.toBe(tags);
    expect(tagsBy(claims, 'another')).not.toBe(tags);
  });

  it(`tells the items of any slate from others (seed ${SEED})`, () => {
    const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    fuzz(fc.uniqueArray(id, { minLength: 1, maxLength: 30 }), (ids) => {
      const [other, ...shownIds] = ids as ItemId[];
      const { shown } = verifyToken(signToken(claims, shownIds, SECRET), [SECRET], 0);
      expect(shownIds.every((one, slot) => shown.isAt(one, slot + 1))).toBe(true);
      // Each of these is wrong with odds of 2⁻²⁴.
      expect(shownIds.map((one) => shown.positionOf(one))).toEqual(shownIds.map((_, i) => i + 1));
      expect(shown.positionOf(other)).toBeUndefined();
      expect(shown.isAt(other, 1)).toBe(false);
      expect(shown.isAt(shownIds[0] ?? other, 2)).toBe(false);
      expect(shown.isAt(other, shownIds.length + 1)).toBe(false);
    });
  });

  it('holds ids that are longer than one block of the pad', () => {
    const own = {
      ...claims,
      sessionId: 's'.repeat(128) as SessionId,
      userId: '食'.repeat(128) as UserId,
    };
    expect(claimsOf(sign(own))).toEqual(own);
  });

  it('is shorter by more than a third than one that lists its items', () => {
    const many = Array.from({ length: 20 }, (_, i) => `trip-0${1000 + i}` as ItemId);
    const own = { ...claims, rankingId: 'e1d20755-2dd3-47fd-8186-e1b8fdbc7821' as RankingId };
    const { length } = signToken(own, many, SECRET);
    expect(length).toBeLessThan(0.6 * tokenInClear(own, many, SECRET).length);
  });

  it.each<[string, string, Partial<TokenClaims>]>([
    [
      'with all that they state',
      'WyJyMSIsIkUtVG9CejQiLDAsImNoYWxsZW5nZXIiLCJ2MDAwMDQxIiwiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWIiLDEwMDAsWyJ0MSIsIumjnyJdLCJob21lIiwxLDI1OF0.G4LIXKzYhLsiFGb7DvP9E_koXXqKS5LdfRbyMxGEKvY',
      { ...claims, placement: 'home' as Placement, pointerRevision: 258 },
    ],
    [
      'without visitor and items',
      'WyJyMSIsIiIsMCwwLCJ2MDAwMDQxIiwiIiwxMDAwLFtdLCJob21lIiwxLDBd.kN0JE4oc9NAqe7t2TdYT4I1c6UBmw72eXQUlNzulkP8',
      {
        rankingId: 'r1' as RankingId,
        sessionId: '' as SessionId,
        weights: 'v000041' as Version,
        snapshot: '',
        expiresAt: 1000,
        placement: 'home' as Placement,
      },
    ],
  ])('is read as edges wrote it before items had tags, %s', (_, former, stated) => {
    const read = verifyToken(former, [SECRET], 999);
    expect(read.claims).toEqual(stated);
    if (stated.snapshot === '') expect(read.shown.count).toBe(0);
    else expectSlate(read.shown);
    expect(errorOf(former, 1000)).toMatchObject({ code: 'expired_token' });
    expect(errorOf(former.replace('y', 'z'))).toMatchObject({ code: 'invalid_token' });
  });

  it('is read as edges wrote it before there were revisions', () => {
    const former = JSON.stringify(['r1', '', 0, 0, 'v000041', '', 1000, slate, 'home', 1]);
    const before = Buffer.from(former).toString('base64url');
    const mac = createHmac('sha256', SECRET).update(before).digest('base64url');
    const read = verifyToken(`${before}.${mac}`, [SECRET], 0);
    expect(read.claims).toMatchObject({ rankingId: 'r1', placement: 'home' });
    expect(read.claims).not.toHaveProperty('pointerRevision');
    expectSlate(read.shown);
  });

  it('tells those who hold it nothing of whose it is, not even whether two are of one visitor', () => {
    const sealed = (rankingId: string) => {
      const text = sign({ ...claims, rankingId: rankingId as RankingId });
      return JSON.parse(Buffer.from(text.split('.')[0], 'base64url').toString()) as unknown[];
    };
    const keyed = { sessionId: 'kZZ2ThZ4jiabudIYZAmYOQ', userId: '0Pj7hpSnF0yM4J-d9A70jA' };
    const own = { ...claims, ...keyed } as unknown as TokenClaims;
    const read = Buffer.from(sign(own).split('.')[0], 'base64url').toString();
    for (const id of Object.values(keyed)) expect(read).not.toContain(id);
    expect(claimsOf(sign(own))).toEqual(own);
    expect(verifyToken(sign(own), ['new', SECRET], 0).claims).toEqual(own);
    expect(sealed('r1')[1]).not.toEqual(sealed('r2')[1]);
    expect(sealed('r1')[1]).toEqual(sealed('r1')[1]);
  });

  it.each<[string, Partial<TokenClaims>]>([
    ['with a placement', { placement: 'home' as Placement }],
    ['from before there were placements', {}],
  ])('is read as edges wrote it before its visitor was sealed, %s', (_, more) => {
    const given = { ...claims, ...more };
    const read = verifyToken(tokenInClear(given, slate, SECRET), [SECRET], 0);
    expect(read.claims).toEqual(given);
    expectSlate(read.shown);
    const { userId: _user, arm: _arm, ...anonymous } = given;
    expect(claimsOf(tokenInClear(anonymous, slate, SECRET))).toEqual(anonymous);
  });

  it('is base64url of JSON, of tags and of the HMAC-SHA-256 of both, so that any other language can check it', () => {
    const mac = createHmac('sha256', SECRET).update(`${body}.${tags}`).digest('base64url');
    expect(signature).toBe(mac);
    expect(JSON.parse(Buffer.from(body, 'base64url').toString())).toContain('r1');
  });

  it(`survives any text in its claims (seed ${SEED})`, () => {
    const texts = fc.record({
      snapshot: fc.string({ unit: 'grapheme' }),
      arm: fc.string({ minLength: 1, unit: 'grapheme' }),
    });
    fuzz(texts, (own) => {
      expect(claimsOf(sign({ ...claims, ...own }))).toEqual({ ...claims, ...own });
    });
  });

  it('expires', () => {
    expect(errorOf(token, 1000)).toMatchObject({
      status: 401,
      code: 'expired_token',
      message: 'the token expired at 1970-01-01T00:00:01.000Z: rank again',
    });
  });

  const forged = (changed: Partial<TokenClaims>) => sign({ ...claims, ...changed }).split('.')[0];
  it.each<[string, string]>([
    ['signed with another secret', sign(claims, 'another')],
    [
      'with the slate of another ranking',
      `${body}.${signToken(claims, ['t9' as ItemId], SECRET).split('.')[1]}.${signature}`,
    ],
    ['in the former form, which has no tags', `${body}.${signature}`],
    [
      'with the ranking id of another',
      `${forged({ rankingId: 'r2' as RankingId })}.${tags}.${signature}`,
    ],
    ['with a later expiry', `${forged({ expiresAt: 9e15 })}.${tags}.${signature}`],
    ['without its signature', `${body}.${tags}`],
    ['with an empty signature', `${body}.${tags}.`],
    ['without its claims', `.${tags}.${signature}`],
    ['with another separator', `${body}.${tags}:${signature}`],
    ['that is empty', ''],
    ['that is a JSON web token', 'eyJhbGciOiJub25lIn0.e30.'],
    ['with a letter that is not base64url', `${body.slice(0, -1)}=.${tags}.${signature}`],
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
