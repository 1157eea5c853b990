import { utf8ToBytes } from '../hash/utf8.ts';
import { fromBase64Url, toBase64Url } from './base64url.ts';
import type { RankingId, SessionId, UserId } from './ids.ts';
import { keyedMac } from './keyed-mac.ts';

/** Whose ranking a token is of, as the log stores it. */
export interface TokenVisitor {
  readonly sessionId: SessionId;
  readonly userId?: UserId;
}

const BLOCK_BYTES = 32;

/**
 * Encrypts the keyed ids of a visitor for a token, which pages can read. In clear they would tell everybody with a publishable
 * key by what name an id that they know is stored, and on which shard of the event log it falls.
 * The text is combined by XOR with HMAC-SHA-256 in counter mode over the id of the ranking, which is random and used once; the
 * token's signature protects it from changes.
 * @returns base64url; empty where there is neither session nor user.
 */
export function sealVisitor(
  { sessionId, userId }: TokenVisitor,
  rankingId: RankingId,
  secret: string,
): string {
  const text = userId === undefined ? sessionId : `${sessionId} ${userId}`;
  return toBase64Url(combined(utf8ToBytes(text), rankingId, secret));
}

/** @param secret the one that signed the token. */
export function openVisitor(sealed: string, rankingId: RankingId, secret: string): TokenVisitor {
  const text = new TextDecoder().decode(combined(fromBase64Url(sealed), rankingId, secret));
  const [sessionId, userId] = text.split(' ') as [SessionId, UserId?];
  return { sessionId, ...(userId !== undefined && { userId }) };
}

function combined(bytes: Uint8Array, rankingId: RankingId, secret: string): Uint8Array {
  const out = Uint8Array.from(bytes);
  for (let from = 0; from < out.length; from += BLOCK_BYTES) {
    const pad = keyedMac(`visitor ${secret}`, `${rankingId} ${from}`);
    for (let i = from; i < Math.min(from + BLOCK_BYTES, out.length); i++) out[i] ^= pad[i - from];
  }
  return out;
}
