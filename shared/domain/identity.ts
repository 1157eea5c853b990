import { transientHmac } from '../hash/hmac.ts';
import { toBase64Url } from './base64url.ts';
import type { GivenId, SessionId, UserId } from './ids.ts';
import type { NewestFirst } from './secrets.ts';

/**
 * Keyed ids: what is stored of a visitor's id is `base64url(HMAC-SHA-256(key, kind ‖ 0 ‖ id))`, its first 16 bytes, 22
 * characters. Who has the store but not the key can neither tell whose data it is nor try out ids, and nobody can choose an
 * id that falls where they want. The kind is part of it, so that a session and a user of the same name are not linked.
 */
export interface IdentityKey {
  sessionId(given: GivenId): SessionId;
  userId(given: GivenId): UserId;
  /** Tells keys apart without giving them away: 8 bytes as base64url. */
  readonly fingerprint: string;
}

/** Of a batch that an edge sends: the fingerprint of the key by which it keys new ids. */
export const IDENTITY_HEADER = 'x-trimtab-identity';

const ID_BYTES = 16;

/** @param secret any text; a long random one. */
export function identityKey(secret: string): IdentityKey {
  const keyed = (kind: string, text: string, bytes: number) =>
    toBase64Url(transientHmac(secret, `${kind}\0${text}`).subarray(0, bytes));
  return {
    sessionId: (given) => keyed('session', given, ID_BYTES) as SessionId,
    userId: (given) => keyed('user', given, ID_BYTES) as UserId,
    fingerprint: keyed('fingerprint', '', 8),
  };
}

/**
 * @param ingestSecrets those from which a secret is derived where none is set, as systems from before there were keyed ids
 * have none. Edge and backend both know them. It is derived from the oldest, so that nobody becomes another person when a
 * new ingest secret is put before it.
 */
export const identitySecrets = (
  given: readonly string[],
  ingestSecrets: NewestFirst<string>,
): NewestFirst<string> => {
  const [newest = derivedFrom(ingestSecrets.at(-1)!), ...older] = given;
  return [newest, ...older];
};

const derivedFrom = (ingestSecret: string) => `trimtab identity ${ingestSecret}`;

export const identityKeys = ([newest, ...older]: NewestFirst<string>): NewestFirst<IdentityKey> => [
  identityKey(newest),
  ...older.map(identityKey),
];
