import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

const prepared = new Map<string, ReturnType<typeof hmac.create>>();

/** A process has one secret, or a few during a rotation, so each key is prepared once and the prepared state is copied. */
function keyedBy(secret: string) {
  let mac = prepared.get(secret);
  if (mac === undefined) prepared.set(secret, (mac = hmac.create(sha256, utf8ToBytes(secret))));
  return mac.clone();
}

/**
 * HMAC-SHA-256 of a text as UTF-8, 32 bytes.
 * @param secret for each purpose another one, such as the same secret behind the name of the purpose.
 */
export const keyedMac = (secret: string, text: string): Uint8Array =>
  keyedBy(secret).update(utf8ToBytes(text)).digest();
