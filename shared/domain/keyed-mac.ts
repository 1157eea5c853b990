import { hmacSha256 } from '../hash/sha256.ts';

/**
 * HMAC-SHA-256 of a text as UTF-8, 32 bytes.
 * @param secret for each purpose another one, such as the same secret behind the name of the purpose.
 */
export const keyedMac = (secret: string, text: string): Uint8Array => hmacSha256(secret, text);
