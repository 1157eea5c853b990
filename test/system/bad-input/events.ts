import type { ItemId } from '../../../shared/domain/ids.ts';
import { signToken, verifyToken } from '../../../shared/domain/token.ts';
import type { clickOn, Ranking } from '../../support/client.ts';

type Click = ReturnType<typeof clickOn>;
/** What is wrong with the event, how it is made so, and the rejection that it must get. */
export type BadEvent = readonly [
  what: string,
  spoil: (click: Click, about: About) => unknown,
  code: string,
  message: RegExp,
];

export interface About {
  readonly tokenSecret: string;
  /** Of other items, to another visitor. */
  readonly other: Ranking;
}

/** Stands for a list nested too deep to be written by JSON.stringify. */
const DEEP = '$deep';

export const eventsJson = (events: readonly unknown[]): string =>
  JSON.stringify(events).replaceAll(`"${DEEP}"`, '['.repeat(100_000) + ']'.repeat(100_000));

export const BAD_EVENTS: readonly BadEvent[] = [
  ['null', () => null, 'invalid_request', /must be an object/],
  [
    'a type that does not exist',
    (e) => ({ ...e, type: 'wish' }),
    'invalid_request',
    /type must be one of/,
  ],
  [
    'a type nested 100,000 deep',
    (e) => ({ ...e, type: DEEP }),
    'invalid_request',
    /type must be one of/,
  ],
  ['no eventId', (e) => ({ ...e, eventId: undefined }), 'invalid_request', /eventId must be/],
  [
    'a line break in its eventId',
    (e) => ({ ...e, eventId: 'a\nb' }),
    'invalid_request',
    /eventId must be/,
  ],
  ['no item', (e) => ({ ...e, itemId: undefined }), 'invalid_request', /needs an itemId/],
  [
    'an item that does not exist',
    (e) => ({ ...e, itemId: 'none' }),
    'invalid_request',
    /none was not shown/,
  ],
  [
    'an item that is not on the slate',
    (e, { other }) => ({ ...e, itemId: other.items[0].id }),
    'invalid_request',
    /was not shown in ranking/,
  ],
  [
    'a value beyond all sums',
    (e) => ({ ...e, type: 'dwell', value: 1e308 }),
    'invalid_request',
    /the value of dwell must be .* but was 1e\+308/,
  ],
  ['position 0', (e) => ({ ...e, position: 0 }), 'invalid_request', /position must be/],
  [
    'NaN as text for a value',
    (e) => ({ ...e, value: 'NaN' }),
    'invalid_request',
    /the value of \w+ must be/,
  ],
  [
    'a timestamp in words',
    (e) => ({ ...e, timestamp: 'now' }),
    'invalid_request',
    /timestamp must be an ISO date/,
  ],
  [
    'properties nested 100,000 deep',
    (e) => ({ ...e, properties: { a: DEEP } }),
    'invalid_request',
    /property "a"/,
  ],
  ['no token', (e) => ({ ...e, token: undefined }), 'invalid_token', /token is missing/],
  [
    'a token that was made up',
    (e) => ({ ...e, token: 'abc.def' }),
    'invalid_token',
    /not issued here/,
  ],
  [
    'a token of which one letter changed',
    (e) => ({ ...e, token: changed(e.token) }),
    'invalid_token',
    /not issued here/,
  ],
  [
    'a token signed with another secret',
    (e, { tokenSecret }) => ({ ...e, token: signed(e, tokenSecret, 'guess', 60_000) }),
    'invalid_token',
    /not issued here/,
  ],
  [
    'a token that expired',
    (e, { tokenSecret }) => ({ ...e, token: signed(e, tokenSecret, tokenSecret, -1) }),
    'expired_token',
    /rank again/,
  ],
  [
    'the token of another ranking',
    (e, { other }) => ({ ...e, token: other.token }),
    'invalid_token',
    /not of ranking/,
  ],
];

const changed = (token: string) =>
  `${token.slice(0, 9)}${token[9] === 'A' ? 'B' : 'A'}${token.slice(10)}`;

/** The same claims, signed anew. */
function signed(
  { token, itemId }: Click,
  tokenSecret: string,
  secret: string,
  expiresInMs: number,
): string {
  const { claims } = verifyToken(token, [tokenSecret], Date.now());
  const expiresAt = Date.now() + expiresInMs;
  return signToken({ ...claims, expiresAt }, [itemId as ItemId], secret);
}
