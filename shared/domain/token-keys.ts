import { transientHmac } from '../hash/hmac.ts';
import type { SipKey } from '../hash/siphash.ts';
import type { RankingId } from './ids.ts';

const TAG_KEY_BYTES = 16;
const BLOCK_BYTES = 32;

/** What a token is made with, of its ranking alone: a key of its items' tags, and bytes to combine its visitor's ids with. */
export interface TokenKeys {
  readonly tags: SipKey;
  readonly pad: Uint8Array;
}

/**
 * HMAC-SHA-256 in counter mode over the id of the ranking, which is random and used once. Two calls cover the ids of a session and
 * of a user, 45 bytes.
 * @param padBytes how many bytes of pad are needed.
 */
export function tokenKeys(secret: string, rankingId: RankingId, padBytes: number): TokenKeys {
  const blocks = Math.ceil((TAG_KEY_BYTES + padBytes) / BLOCK_BYTES);
  const stream = new Uint8Array(blocks * BLOCK_BYTES);
  for (let block = 0; block < blocks; block++)
    stream.set(transientHmac(`token ${secret}`, `${rankingId} ${block}`), block * BLOCK_BYTES);
  const word = (at: number) =>
    stream[at] | (stream[at + 1] << 8) | (stream[at + 2] << 16) | (stream[at + 3] << 24);
  return {
    tags: { k0: word(0), k1: word(4), k2: word(8), k3: word(12) },
    pad: stream.subarray(TAG_KEY_BYTES),
  };
}
