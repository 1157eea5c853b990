import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { plainBytes } from './plain-bytes.ts';
import { shortHmac } from './short-hmac.ts';
import { utf8ToBytes } from './utf8.ts';

/**
 * HMAC-SHA-256 (RFC 2104), 32 bytes. Keys are texts, as secrets are. Each purpose has its own, such as the name of the purpose
 * and the secret. Texts are hashed as UTF-8.
 * @param parts hashed one behind the other, so that large ones need not be joined.
 */
export function hmacSha256(
  key: string,
  ...parts: readonly (Uint8Array | string)[]
): Uint8Array<ArrayBuffer> {
  const mac = createHmac('sha256', preparedOf(key));
  for (const part of parts) mac.update(part);
  return plainBytes(mac.digest());
}

/**
 * The same of one text, in bytes that the next call may overwrite: a caller uses them up at once. It is for what a ranking
 * signs, which is several texts that are mostly short.
 */
export const transientHmac = (key: string, text: string): Uint8Array<ArrayBuffer> =>
  shortHmac(key, text) ?? hmacSha256(key, text);

const prepared = new Map<string, KeyObject>();

/** A process has one secret, or a few during a rotation, so each key is prepared once. */
function preparedOf(key: string): KeyObject {
  let object = prepared.get(key);
  if (object === undefined) prepared.set(key, (object = createSecretKey(utf8ToBytes(key))));
  return object;
}
