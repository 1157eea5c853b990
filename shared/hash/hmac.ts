import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { plainBytes } from './plain-bytes.ts';
import { transientUtf8, utf8ToBytes } from './utf8.ts';

/**
 * HMAC (RFC 2104) with SHA-2 by the platform's own code. Keys are texts, as secrets are; for each purpose another one, such as the
 * same secret behind the name of the purpose. What is hashed may come in parts, so that large ones need not be joined; texts
 * are hashed as UTF-8.
 */
type Part = Uint8Array | string;

/** 32 bytes. */
export const hmacSha256 = (key: string, ...parts: readonly Part[]): Uint8Array<ArrayBuffer> =>
  plainBytes(keyed('sha256', key, parts).digest());

/** 43 characters of base64url. */
export const hmacSha256Text = (key: string, ...parts: readonly Part[]): string =>
  keyed('sha256', key, parts).digest('base64url');

/** 64 bytes. */
export const hmacSha512 = (key: string, ...parts: readonly Part[]): Uint8Array<ArrayBuffer> =>
  plainBytes(keyed('sha512', key, parts).digest());

function keyed(algorithm: 'sha256' | 'sha512', key: string, parts: readonly Part[]) {
  const mac = createHmac(algorithm, preparedOf(key));
  // A text would go through a Buffer, at twice the price.
  for (const part of parts) mac.update(typeof part === 'string' ? transientUtf8(part) : part);
  return mac;
}

const prepared = new Map<string, KeyObject>();

/** A process has one secret, or a few during a rotation, so each key is prepared once. */
function preparedOf(key: string): KeyObject {
  let object = prepared.get(key);
  if (object === undefined) prepared.set(key, (object = createSecretKey(utf8ToBytes(key))));
  return object;
}
