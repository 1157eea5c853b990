import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGivenId, type GivenId } from '../../../shared/domain/ids.ts';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';
import { parseUserSignature, userSignature } from '../../../shared/domain/user-signature.ts';

const visitor = (sessionId: string, userId: string) => ({
  sessionId: parseGivenId(sessionId, 'sessionId'),
  userId: parseGivenId(userId, 'userId'),
});

/** Texts that are ids, long and short, of any writing. */
const ids = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 128 })
  .filter((text) => {
    try {
      return parseGivenId(text, 'userId') === text;
    } catch {
      return false;
    }
  })
  .map((id) => id as GivenId);

describe('the signature that a session is of a user', () => {
  it('is what any server makes in one line', () => {
    expect(userSignature('a secret of the site', visitor('s-1', 'u-1'))).toBe(
      createHmac('sha256', 'a secret of the site').update('s-1\nu-1').digest('hex'),
    );
    // By another implementation: printf 's-1\nu-1' | openssl dgst -sha256 -hmac 'a secret of the site'
    expect(userSignature('a secret of the site', visitor('s-1', 'u-1'))).toBe(
      '8c2ea46af3f8981b2ac3297e179d796971f427f7f89f3f0bb81148ffcd430148',
    );
  });

  it('is of this session and this user alone, whatever their ids are', () => {
    const pair = fc.record({ sessionId: ids, userId: ids });
    fc.assert(
      fc.property(pair, pair, (one, other) => {
        const same = one.sessionId === other.sessionId && one.userId === other.userId;
        expect(userSignature('secret', one) === userSignature('secret', other)).toBe(same);
        expect(userSignature('secret', one)).not.toBe(userSignature('secret ', one));
        const { sessionId, userId } = one;
        const byNode = createHmac('sha256', 'secret').update(`${sessionId}\n${userId}`, 'utf8');
        expect(userSignature('secret', one)).toBe(byNode.digest('hex'));
      }),
    );
  });

  it('may not move the line between the ids', () => {
    const texts = ['ab', 'a', 'b', 'abb'];
    const all = texts.flatMap((s) => texts.map((u) => userSignature('secret', visitor(s, u))));
    expect(new Set(all).size).toBe(texts.length ** 2);
    expect(() => visitor('a\nb', 'c')).toThrow('sessionId');
  });

  it.each([
    undefined,
    null,
    7,
    '',
    'a'.repeat(63),
    'a'.repeat(65),
    'g'.repeat(64),
    ['a'.repeat(64)],
  ])('is no %j', (text) => expect(() => parseUserSignature(text)).toThrow('64 hexadecimal digits'));

  it('is read in a request beside the user that it is of, in either case of letters', () => {
    const signed = { sessionId: 's', userId: 'u', userSignature: 'AB'.repeat(32) };
    expect(parseRankRequest(signed)).toMatchObject({ userSignature: 'ab'.repeat(32) });
    expect(() => parseRankRequest({ ...signed, userId: undefined })).toThrow('there is none');
    expect(() => parseRankRequest({ ...signed, userSignature: 'short' })).toThrow('5 characters');
    expect(() => parseRankRequest({ ...signed, userSignatur: 'x' })).toThrow('"userSignature"');
  });
});
