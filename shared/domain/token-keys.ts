import { hmacSha512 } from '../hash/hmac.ts';
import type { SipKey } from '../hash/siphash.ts';
import type { RankingId } from './ids.ts';

const TAG_KEY_BYTES = 16;

/** What a token is made with, of its ranking alone: a key of its items' tags, and bytes to combine its visitor's ids with. */
export interface TokenKeys {
  readonly tags: SipKey;
  readonly pad: Uint8Array;
}

/**
 * HMAC-SHA-512 in counter mode over the id of the ranking, which is random and used once. One call covers the ids of a session and
 * of a user, 45 bytes.
 * @param padBytes how many bytes of pad are needed.
 */
export function tokenKeys(secret: string, rankingId: RankingId, padBytes: number): TokenKeys {
  const first = hmacSha512(`token ${secret}`, `${rankingId} 0`);
  const word = (at: number) =>
    first[at] | (first[at + 1] << 8) | (first[at + 2] << 16) | (first[at + 3] << 24);
  let pad: Uint8Array = first.subarray(TAG_KEY_BYTES);
  for (let block = 1; pad.length < padBytes; block++)
    pad = Uint8Array.of(...pad, ...hmacSha512(`token ${secret}`, `${rankingId} ${block}`));
  return { tags: [word(0), word(4), word(8), word(12)], pad };
}
