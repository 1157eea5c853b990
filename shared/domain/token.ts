import { newest } from '../memory/newest.ts';
import { transientHmac } from '../hash/hmac.ts';
import { transientUtf8 } from '../hash/utf8.ts';
import { fromBase64Url, toBase64Url } from './base64url.ts';
import { ApiError } from './errors.ts';
import type { ItemId, RankingId, Version } from './ids.ts';
import type { Placement } from './placement.ts';
import type { NewestFirst } from './secrets.ts';
import { listedItems, taggedItems, tagsOf, type ShownItems } from './shown-items.ts';
import { tokenKeys } from './token-keys.ts';
import { combine, formerPad, visitorBytes, visitorOf, type TokenVisitor } from './token-visitor.ts';

/** What a ranking's token states. The ids of the visitor are keyed, and the session is empty where the visitor did not consent. */
export interface TokenClaims extends TokenVisitor {
  readonly rankingId: RankingId;
  /** Absent in tokens that were issued before there were placements: their ids are as the site gave them. */
  readonly placement?: Placement;
  readonly arm?: string;
  /** As `Decision.pointerRevision`. */
  readonly pointerRevision?: number;
  readonly weights: Version;
  readonly snapshot: string;
  /** Epoch ms; later feedback is refused. */
  readonly expiresAt: number;
}

/** Only feedback on items that were really shown may be used for training. */
export interface VerifiedToken {
  readonly claims: TokenClaims;
  readonly shown: ShownItems;
}

const SIGNATURE_LENGTH = 43;

/**
 * `base64url(claims as JSON)`, a dot, `base64url(tags of the items)`, a dot, and `base64url(HMAC-SHA-256)` of the text before the
 * last dot. Whoever holds it can read it, but for the visitor, who is encrypted, and the items, which are told by keyed tags.
 */
export function signToken(claims: TokenClaims, itemIds: readonly ItemId[], secret: string): string {
  newest.claims = claims;
  const { rankingId, arm, weights, snapshot, expiresAt, placement, pointerRevision } = claims;
  const visitor = visitorBytes(claims);
  const { tags, pad } = tokenKeys(secret, rankingId, visitor.length);
  const fields = [
    rankingId,
    toBase64Url(combine(visitor, pad)),
    arm ?? 0,
    weights,
    snapshot,
    expiresAt,
    placement ?? 0,
    pointerRevision ?? 0,
  ];
  const body = `${toBase64Url(transientUtf8(JSON.stringify(fields)))}.${tagsOf(itemIds, tags)}`;
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
): VerifiedToken {
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
  const [encoded, tags] = body.split('.');
  const fields = JSON.parse(new TextDecoder().decode(fromBase64Url(encoded)));
  const verified =
    tags === undefined ? formerToken(fields, secret) : tokenOf(fields, fromBase64Url(tags), secret);
  const { expiresAt } = verified.claims;
  if (expiresAt <= nowMs) {
    throw new ApiError(
      401,
      'expired_token',
      `the token expired at ${new Date(expiresAt).toISOString()}: rank again`,
    );
  }
  return verified;
}

type Optional<T> = T | 0;

function tokenOf(
  fields: readonly [
    RankingId,
    string,
    Optional<string>,
    Version,
    string,
    number,
    Optional<Placement>,
    number,
  ],
  tags: Uint8Array,
  secret: string,
): VerifiedToken {
  const [rankingId, visitor, arm, weights, snapshot, expiresAt, placement, pointerRevision] =
    fields;
  const sealed = fromBase64Url(visitor);
  const keys = tokenKeys(secret, rankingId, sealed.length);
  return {
    claims: {
      rankingId,
      ...visitorOf(combine(sealed, keys.pad)),
      ...(arm !== 0 && { arm }),
      weights,
      snapshot,
      expiresAt,
      ...(placement !== 0 && { placement }),
      ...(pointerRevision !== 0 && { pointerRevision }),
    },
    shown: taggedItems(tags, keys.tags),
  };
}

/** Stands behind the claims of former tokens where the visitor is sealed; before that they stated the ids in clear. */
const SEALED = 1;

/** Tokens from before items had tags list their ids. */
function formerToken(fields: readonly unknown[], secret: string): VerifiedToken {
  const [rankingId, session, user, arm, weights, snapshot, expiresAt, itemIds, ...added] =
    fields as [
      RankingId,
      string,
      Optional<string>,
      Optional<string>,
      Version,
      string,
      number,
      ItemId[],
      ...unknown[],
    ];
  // Those of the edges before have fewer.
  const [placement = 0, sealed, pointerRevision = 0] = added as [
    Optional<Placement>?,
    number?,
    number?,
  ];
  const sealedBytes = sealed === SEALED ? fromBase64Url(session) : undefined;
  const visitor =
    sealedBytes === undefined
      ? ({ sessionId: session, ...(user !== 0 && { userId: user }) } as TokenVisitor)
      : visitorOf(combine(sealedBytes, formerPad(sealedBytes.length, rankingId, secret)));
  return {
    claims: {
      rankingId,
      ...visitor,
      ...(arm !== 0 && { arm }),
      weights,
      snapshot,
      expiresAt,
      ...(placement !== 0 && { placement }),
      ...(pointerRevision !== 0 && { pointerRevision }),
    },
    shown: listedItems(itemIds),
  };
}

const signature = (body: string, secret: string) => toBase64Url(transientHmac(secret, body));

/** Compares in constant time, so that the duration does not tell how much of a forged signature is right. */
export function equalInConstantTime(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
