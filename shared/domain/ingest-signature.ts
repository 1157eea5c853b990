import { bytesToHex } from '../hash/hex.ts';
import { hmacSha256 } from '../hash/hmac.ts';
import { ApiError } from './errors.ts';
import { equalInConstantTime } from './token.ts';

export const SIGNATURE_HEADER = 'x-trimtab-signature';
/** Older signatures are refused, so a captured batch cannot be replayed later. */
const MAX_AGE_MS = 5 * 60_000;

/**
 * The signature header of an ingest batch: `t=<epoch ms>,v1=<hex>`, where the hex digits are the HMAC-SHA-256 of
 * `<epoch ms>.` followed by the body. It proves who sent exactly these bytes, and when.
 */
export function signBody(body: Uint8Array, secret: string, nowMs: number): string {
  return `t=${nowMs},v1=${digest(body, secret, nowMs)}`;
}

/**
 * @param secrets any of them may have signed it.
 * @throws ApiError 401 when the signature is absent or wrong,
 * or its time is more than five minutes away from `nowMs`.
 */
export function verifyBody(
  header: string | undefined,
  body: Uint8Array,
  secrets: readonly string[],
  nowMs: number,
): void {
  const match = /^t=(\d{1,15}),v1=([0-9a-f]{64})$/.exec(header ?? '');
  if (match === null)
    throw new ApiError(
      401,
      'invalid_signature',
      `the ${SIGNATURE_HEADER} header is absent or malformed`,
    );
  const at = Number(match[1]);
  if (Math.abs(nowMs - at) > MAX_AGE_MS) {
    throw new ApiError(
      401,
      'invalid_signature',
      `the signature is from ${new Date(at).toISOString()}: check both clocks`,
    );
  }
  if (!secrets.some((secret) => equalInConstantTime(match[2], digest(body, secret, at)))) {
    throw new ApiError(
      401,
      'invalid_signature',
      'the signature does not fit the body: check the secret',
    );
  }
}

const digest = (body: Uint8Array, secret: string, atMs: number): string =>
  bytesToHex(hmacSha256(secret, `${atMs}.`, body));
