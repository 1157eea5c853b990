import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { fromBase64Url, toBase64Url } from './base64url.ts';
import { ApiError } from './errors.ts';
import type { ItemId, RankingId, SessionId, UserId, Version } from './ids.ts';
import type { Placement } from './placement.ts';
import type { NewestFirst } from './secrets.ts';

/** What a ranking's token states. Only feedback on items that were really shown may be used for training. */
export interface TokenClaims {
  readonly rankingId: RankingId;
  /** Keyed; empty where the visitor did not consent. So is `userId`. */
  readonly sessionId: SessionId;
  readonly userId?: UserId;
  /** Absent in tokens that were issued before there were placements: their ids are as the site gave them. */
  readonly placement?: Placement;
  readonly arm?: string;
  readonly weights: Version;
  readonly snapshot: string;
  readonly itemIds: readonly ItemId[];
  /** Epoch ms; later feedback is refused. */
  readonly expiresAt: number;
}

const SIGNATURE_LENGTH = 43;

/** `base64url(claims as JSON)`, a dot, and `base64url(HMAC-SHA-256)` of the text before the dot. */
export function signToken(claims: TokenClaims, secret: string): string {
  const { rankingId, sessionId, userId, arm, weights, snapshot, itemIds, expiresAt, placement } =
    claims;
  const body = toBase64Url(
    utf8ToBytes(
      JSON.stringify([
        rankingId,
        sessionId,
        userId ?? 0,
        arm ?? 0,
        weights,
        snapshot,
        expiresAt,
        itemIds,
        ...(placement === undefined ? [] : [placement]),
      ]),
    ),
  );
  return `${body}.${signature(body, secret)}`;
}

/**
 * @param secrets any of them may have signed it.
 * @throws ApiError 401 `invalid_token` when forged or damaged, `expired_token` when expired.
 */
export function verifyToken(
  token: string,
  secrets: NewestFirst<string>,
  nowMs: number,
): TokenClaims {
  const dot = token.length - SIGNATURE_LENGTH - 1;
  const body = token.slice(0, Math.max(dot, 0));
  if (
    dot < 1 ||
    token[dot] !== '.' ||
    !secrets.some((secret) => equalInConstantTime(token.slice(dot + 1), signature(body, secret)))
  ) {
    throw new ApiError(
      401,
      'invalid_token',
      'the token was not issued here: send the one the ranking came with',
    );
  }
  const fields = JSON.parse(new TextDecoder().decode(fromBase64Url(body)));
  const [rankingId, sessionId, userId, arm, weights, snapshot, expiresAt, itemIds, placement] =
    fields;
  if (expiresAt <= nowMs) {
    throw new ApiError(
      401,
      'expired_token',
      `the token expired at ${new Date(expiresAt).toISOString()}: rank again`,
    );
  }
  return {
    rankingId,
    sessionId,
    ...(userId !== 0 && { userId }),
    ...(arm !== 0 && { arm }),
    weights,
    snapshot,
    expiresAt,
    itemIds,
    ...(placement !== undefined && { placement }),
  };
}

const signature = (body: string, secret: string) =>
  toBase64Url(keyedBy(secret).update(utf8ToBytes(body)).digest());

const keyed = new Map<string, ReturnType<typeof hmac.create>>();

/** A process has one secret, or a few during a rotation, so each key is prepared once and the prepared state is copied. */
function keyedBy(secret: string) {
  let mac = keyed.get(secret);
  if (mac === undefined) keyed.set(secret, (mac = hmac.create(sha256, utf8ToBytes(secret))));
  return mac.clone();
}

/** Compares in constant time, so that the duration does not tell how much of a forged signature is right. */
export function equalInConstantTime(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
