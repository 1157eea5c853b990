import { utf8ToBytes } from '../hash/utf8.ts';
import { fromBase64Url, toBase64Url } from './base64url.ts';
import { ApiError } from './errors.ts';
import type { ItemId, RankingId, Version } from './ids.ts';
import { keyedMac } from './keyed-mac.ts';
import type { Placement } from './placement.ts';
import type { NewestFirst } from './secrets.ts';
import { openVisitor, sealVisitor, type TokenVisitor } from './token-visitor.ts';

/**
 * What a ranking's token states. Only feedback on items that were really shown may be used for training. The ids of the visitor
 * are keyed, and the session is empty where the visitor did not consent.
 */
export interface TokenClaims extends TokenVisitor {
  readonly rankingId: RankingId;
  /** Absent in tokens that were issued before there were placements: their ids are as the site gave them. */
  readonly placement?: Placement;
  readonly arm?: string;
  /** As `Decision.pointerRevision`. */
  readonly pointerRevision?: number;
  readonly weights: Version;
  readonly snapshot: string;
  readonly itemIds: readonly ItemId[];
  /** Epoch ms; later feedback is refused. */
  readonly expiresAt: number;
}

const SIGNATURE_LENGTH = 43;
/** Stands behind the claims where the visitor is sealed. */
const SEALED = 1;

/**
 * `base64url(claims as JSON)`, a dot, and `base64url(HMAC-SHA-256)` of the text before the dot. Whoever holds it can read it,
 * but for the visitor, who is sealed.
 */
export function signToken(claims: TokenClaims, secret: string): string {
  const { rankingId, arm, weights, snapshot, itemIds, expiresAt, placement, pointerRevision } =
    claims;
  const body = toBase64Url(
    utf8ToBytes(
      JSON.stringify([
        rankingId,
        sealVisitor(claims, rankingId, secret),
        0,
        arm ?? 0,
        weights,
        snapshot,
        expiresAt,
        itemIds,
        placement ?? 0,
        SEALED,
        pointerRevision ?? 0,
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
  const secret =
    dot < 1 || token[dot] !== '.'
      ? undefined
      : secrets.find((one) => equalInConstantTime(token.slice(dot + 1), signature(body, one)));
  if (secret === undefined) {
    throw new ApiError(
      401,
      'invalid_token',
      'the token was not issued here: send the one the ranking came with',
    );
  }
  const fields = JSON.parse(new TextDecoder().decode(fromBase64Url(body)));
  const [rankingId, session, user, arm, weights, snapshot, expiresAt, itemIds, ...added] = fields;
  // Tokens of the edges before have fewer.
  const [placement = 0, sealed, pointerRevision = 0] = added;
  if (expiresAt <= nowMs) {
    throw new ApiError(
      401,
      'expired_token',
      `the token expired at ${new Date(expiresAt).toISOString()}: rank again`,
    );
  }
  return {
    rankingId,
    // Tokens of the edges before state the ids in clear.
    ...(sealed === SEALED
      ? openVisitor(session, rankingId, secret)
      : { sessionId: session, ...(user !== 0 && { userId: user }) }),
    ...(arm !== 0 && { arm }),
    weights,
    snapshot,
    expiresAt,
    itemIds,
    ...(placement !== 0 && { placement }),
    ...(pointerRevision !== 0 && { pointerRevision }),
  };
}

const signature = (body: string, secret: string) => toBase64Url(keyedMac(secret, body));

/** Compares in constant time, so that the duration does not tell how much of a forged signature is right. */
export function equalInConstantTime(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
