import { hmacSha256 } from '../hash/hmac.ts';
import { utf8ToBytes } from '../hash/utf8.ts';
import type { RankingId, SessionId, UserId } from './ids.ts';

/** Whose ranking a token is of, as the log stores it. */
export interface TokenVisitor {
  readonly sessionId: SessionId;
  readonly userId?: UserId;
}

/**
 * The keyed ids of a visitor as a token holds them: encrypted, since pages can read tokens. In clear they would tell everybody
 * with a publishable key by what name an id that they know is stored, and on which shard of the event log it falls. The text
 * is combined by XOR with a pad of its ranking alone; the token's signature protects it from changes.
 * @returns no bytes where there is neither session nor user.
 */
export const visitorBytes = ({ sessionId, userId }: TokenVisitor): Uint8Array =>
  utf8ToBytes(userId === undefined ? sessionId : `${sessionId} ${userId}`);

/** Encrypts, and decrypts, in place. @param pad as long as the bytes at least. @returns the bytes. */
export function combine(bytes: Uint8Array, pad: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i++) bytes[i] ^= pad[i];
  return bytes;
}

/** The inverse of `visitorBytes`. */
export function visitorOf(bytes: Uint8Array): TokenVisitor {
  const [sessionId, userId] = new TextDecoder().decode(bytes).split(' ') as [SessionId, UserId?];
  return { sessionId, ...(userId !== undefined && { userId }) };
}

const BLOCK_BYTES = 32;

/** The pad of tokens from before items had tags: HMAC-SHA-256 in counter mode. */
export function formerPad(length: number, rankingId: RankingId, secret: string): Uint8Array {
  const pad = new Uint8Array(Math.ceil(length / BLOCK_BYTES) * BLOCK_BYTES);
  for (let from = 0; from < length; from += BLOCK_BYTES)
    pad.set(hmacSha256(`visitor ${secret}`, `${rankingId} ${from}`), from);
  return pad;
}
