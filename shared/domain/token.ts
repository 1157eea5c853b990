import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { ApiError } from './errors.ts';
import type { ItemId, RankingId, SessionId, UserId, Version } from './ids.ts';

/** What a ranking's token states. Only feedback on items that were really shown may be used for training. */
export interface TokenClaims {
  readonly rankingId: RankingId;
  readonly sessionId: SessionId;
  readonly userId?: UserId;
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
  const { rankingId, sessionId, userId, arm, weights, snapshot, itemIds, expiresAt } = claims;
  const body = encode(
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
      ]),
    ),
  );
  return `${body}.${signature(body, secret)}`;
}

/** @throws ApiError 401 `invalid_token` when forged or damaged, `expired_token` when expired. */
export function verifyToken(token: string, secret: string, nowMs: number): TokenClaims {
  const dot = token.length - SIGNATURE_LENGTH - 1;
  const body = token.slice(0, Math.max(dot, 0));
  if (
    dot < 1 ||
    token[dot] !== '.' ||
    !equalInConstantTime(token.slice(dot + 1), signature(body, secret))
  ) {
    throw new ApiError(
      401,
      'invalid_token',
      'the token was not issued here: send the one the ranking came with',
    );
  }
  const fields = JSON.parse(new TextDecoder().decode(decode(body)));
  const [rankingId, sessionId, userId, arm, weights, snapshot, expiresAt, itemIds] = fields;
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
  };
}

const signature = (body: string, secret: string) =>
  encode(keyedBy(secret).update(utf8ToBytes(body)).digest());

let keyed: { readonly secret: string; readonly mac: ReturnType<typeof hmac.create> } | undefined;

/** A process signs with one secret, so the key is prepared once and the prepared state is copied. */
function keyedBy(secret: string) {
  if (keyed?.secret !== secret) keyed = { secret, mac: hmac.create(sha256, utf8ToBytes(secret)) };
  return keyed.mac.clone();
}

/** Compares in constant time, so that the duration does not tell how much of a forged signature is right. */
export function equalInConstantTime(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const DIGIT_OF = new Map([...ALPHABET].map((letter, digit) => [letter, digit]));

/** The two base64url digits of each 12-bit number. */
const PAIRS = Array.from({ length: 4096 }, (_, i) => ALPHABET[i >> 6] + ALPHABET[i & 63]);

function encode(bytes: Uint8Array): string {
  let out = '';
  const whole = bytes.length - (bytes.length % 3);
  for (let i = 0; i < whole; i += 3) {
    const group = (bytes[i] << 16) | (bytes[i + 1] << 8) | bytes[i + 2];
    out += PAIRS[group >> 12] + PAIRS[group & 4095];
  }
  if (whole === bytes.length) return out;
  const group = (bytes[whole] << 16) | ((bytes[whole + 1] ?? 0) << 8);
  return out + (PAIRS[group >> 12] + PAIRS[group & 4095]).slice(0, bytes.length - whole + 1);
}

function decode(text: string): Uint8Array {
  const bytes: number[] = [];
  let [buffer, bits] = [0, 0];
  for (const letter of text) {
    buffer = ((buffer << 6) | DIGIT_OF.get(letter)!) & 0xffff;
    bits += 6;
    if (bits >= 8) bytes.push((buffer >> (bits -= 8)) & 0xff);
  }
  return Uint8Array.from(bytes);
}
