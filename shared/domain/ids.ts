import { invalid } from './errors.ts';
import { shown } from './shown.ts';
import { unseenIn } from './unseen.ts';

type Brand<T, B extends string> = T & { readonly __brand: B };

export type ItemId = Brand<string, 'ItemId'>;
/** A session or user as the log stores it: keyed (see identity.ts). */
export type SessionId = Brand<string, 'SessionId'>;
export type UserId = Brand<string, 'UserId'>;
/** A session or user as the site names it. It decides which arm a visitor is in, and is never stored. */
export type GivenId = Brand<string, 'GivenId'>;
export type RankingId = Brand<string, 'RankingId'>;
export type EventId = Brand<string, 'EventId'>;
/** `v000041`: the name of one immutable scorer. `v000000` is always the rule weights of the schema. */
export type Version = Brand<string, 'Version'>;

/** Ids are used in URLs, KV keys and CSV files, so they are short, printable and without spaces. */
const ID = /^[\x21-\x7e\u00a1-\uffff]{1,128}$/;

function parseId<T extends string>(name: string) {
  return (value: unknown): T => {
    // A lone surrogate has no UTF-8 encoding, so different ids could be stored as the same text or be lost.
    if (typeof value === 'string' && ID.test(value) && value.isWellFormed()) return value as T;
    throw invalid(
      `${name} must be 1 to 128 printable characters without spaces, but was ${shown(value)}`,
    );
  };
}

/** The session of a ranking whose visitor did not consent. */
export const NO_SESSION = '' as SessionId;

/** An item's id as it is stored. What comes in is read by `readItemId`. */
export const parseItemId = parseId<ItemId>('item id');

/**
 * An item's id as it comes in, in JSON or a table. A number is taken for its digits where a double holds it exactly; beyond 2⁵³
 * different ids are one number once JSON is parsed, so they are refused rather than merged. How a number was written (1, 1.0,
 * 1e0) is lost too, but these are one number, and one id twice is refused.
 * @throws ApiError 400.
 */
export const readItemId = (value: unknown): ItemId => visible(referredItemId(value), 'item id');

/**
 * The same for an item that must be known already: one that was stored when more characters were taken can still be clicked.
 * @throws ApiError 400.
 */
export function referredItemId(value: unknown): ItemId {
  if (typeof value !== 'number') return addressable(parseItemId(value), 'item id');
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return parseItemId(String(value));
  throw invalid(
    `an item id that is a number must be a whole number up to ${Number.MAX_SAFE_INTEGER}, but was ${shown(value)}: send it as text, as its digits may have been lost`,
  );
}

/** The path of an address cannot end in a dot or two: they mean a folder, so what they name could not be asked for or deleted. */
function addressable<T extends string>(id: T, name: string): T {
  if (id !== '.' && id !== '..') return id;
  throw invalid(`${name} must not be "${id}", which has a meaning of its own in addresses`);
}

/** What comes in must be what is seen; what is stored already may be otherwise. */
function visible<T extends string>(id: T, name: string): T {
  const unseen = unseenIn(id);
  if (unseen === undefined) return id;
  throw invalid(
    `${name} must be 1 to 128 printable characters without spaces, but ${shown(id)} holds ${unseen}, which is a space, is not seen, or stands for a lost character`,
  );
}

export const parseSessionId = parseId<SessionId>('sessionId');
export const parseUserId = parseId<UserId>('userId');
export const parseRankingId = parseId<RankingId>('rankingId');
export const parseEventId = parseId<EventId>('eventId');

/** A text with an @ and a dot behind it. */
const E_MAIL = /^.+@[^@]+\.[^@]+$/;
/** International form, or groups of digits as people write them. Digits alone may be any number, and pass. */
const PHONE =
  /^(?:(?:\+[1-9]\d{0,3}[\d()./-]{6,18}|00[1-9]\d{0,3}[\d().-]{6,18})|\(0?\d{2,4}\)[.-]?\d{3,4}[.-]?\d{3,5}|\d{3}[.-]\d{3}[.-]\d{4})$/;

/** Most ids: with a letter that no phone number has, and without a character that an address needs or that may be read otherwise. */
const PLAIN = /^(?=.{1,128}$)[\w-]*[A-Za-z_][\w-]*$/;

/** Before what such an id means stands how to reach it, in links. */
const LINK = /^(?:mailto|tel|sms|callto):/i;

/** The id as it reads: full-width letters as usual ones, percent-encoding decoded, without the scheme of a link. */
function asRead(id: string): string {
  let text = id.normalize('NFKC');
  try {
    text = decodeURIComponent(text);
  } catch {
    // A percent sign that encodes nothing is one.
  }
  return text.replace(LINK, '');
}

/**
 * A session or user as a site names it.
 * @throws ApiError 400, also for what names a person to everybody: pseudonymous ids are what may be logged.
 */
export function parseGivenId(value: unknown, name: 'sessionId' | 'userId'): GivenId {
  if (typeof value === 'string' && PLAIN.test(value)) return value as GivenId;
  const id = visible(addressable(parseId<GivenId>(name)(value), name), name);
  const read = asRead(id);
  const personal = E_MAIL.test(read)
    ? 'an e-mail address'
    : PHONE.test(read)
      ? 'a phone number'
      : '';
  if (personal === '') return id;
  throw invalid(
    `${name} must not be ${personal}: send a pseudonymous id, such as your own number of the account or its hash`,
  );
}

const VERSION = /^v\d{6,9}$/;

export const isVersion = (value: unknown): value is Version =>
  typeof value === 'string' && VERSION.test(value);

export function parseVersion(value: unknown): Version {
  if (isVersion(value)) return value;
  throw invalid(`version must look like v000041, but was ${shown(value)}`);
}

export const versionOf = (n: number): Version => `v${String(n).padStart(6, '0')}` as Version;

export const RULES_VERSION = versionOf(0);
