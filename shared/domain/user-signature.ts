import { hmacSha256 } from '../hash/hmac.ts';
import { bytesToHex } from '../hash/hex.ts';
import { invalid } from './errors.ts';
import type { GivenId } from './ids.ts';
import { shown } from './shown.ts';

/** What a site's server vouches for: that this session is this user's. */
export interface SignedVisitor {
  readonly sessionId: GivenId;
  readonly userId: GivenId;
}

/**
 * `hex(HMAC-SHA-256(secret, sessionId ‖ "\n" ‖ userId))`, 64 digits. Ids hold no line breaks, so no two pairs give one text. It holds for as
 * long as the secret does: whoever has it can act in that session as that user, and in no other.
 */
export const userSignature = (secret: string, { sessionId, userId }: SignedVisitor): string =>
  bytesToHex(hmacSha256(secret, `${sessionId}\n${userId}`));

const SIGNATURE = /^[0-9a-f]{64}$/i;

/** @returns in lower case. @throws ApiError 400 where it cannot be a signature, whatever it signs. */
export function parseUserSignature(value: unknown): string {
  if (typeof value === 'string' && SIGNATURE.test(value)) return value.toLowerCase();
  throw invalid(
    `userSignature must be an HMAC-SHA-256 as 64 hexadecimal digits, but was ${typeof value === 'string' ? `a text of ${value.length} characters` : shown(value)}`,
  );
}
