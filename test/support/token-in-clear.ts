import { utf8ToBytes } from '../../shared/hash/utf8.ts';
import { toBase64Url } from '../../shared/domain/base64url.ts';
import { keyedMac } from '../../shared/domain/keyed-mac.ts';
import type { TokenClaims } from '../../shared/domain/token.ts';

/** A token as edges signed it before the ids in it were sealed; without a placement, as those before there were any. */
export function tokenInClear(claims: TokenClaims, secret: string): string {
  const { rankingId, sessionId, userId, arm, weights, snapshot, expiresAt, itemIds, placement } =
    claims;
  const fields = [
    rankingId,
    sessionId,
    userId ?? 0,
    arm ?? 0,
    weights,
    snapshot,
    expiresAt,
    itemIds,
    ...(placement === undefined ? [] : [placement]),
  ];
  const body = toBase64Url(utf8ToBytes(JSON.stringify(fields)));
  return `${body}.${toBase64Url(keyedMac(secret, body))}`;
}
