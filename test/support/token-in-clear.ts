import { toBase64Url } from '../../shared/domain/base64url.ts';
import type { ItemId } from '../../shared/domain/ids.ts';
import type { TokenClaims } from '../../shared/domain/token.ts';
import { hmacSha256 } from '../../shared/hash/hmac.ts';
import { utf8ToBytes } from '../../shared/hash/utf8.ts';

/** A token as edges signed it before the ids in it were sealed; without a placement, as those before there were any. */
export function tokenInClear(
  claims: TokenClaims,
  itemIds: readonly ItemId[],
  secret: string,
): string {
  const { rankingId, sessionId, userId, arm, weights, snapshot, expiresAt, placement } = claims;
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
  return `${body}.${toBase64Url(hmacSha256(secret, body))}`;
}
