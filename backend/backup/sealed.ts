import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';

/** AES-256-GCM under a key that scrypt makes of a passphrase (RFC 7914, NIST SP 800-38D): salt, nonce, tag, text. */
const CIPHER = 'aes-256-gcm';
const [SALT, NONCE, TAG] = [16, 12, 16];
/** Takes some 64 MiB, and a tenth of a second, for each guess. */
const COST = { N: 65_536, r: 8, p: 1, maxmem: 128 * 1024 * 1024 };

const keyOf = (passphrase: string, salt: Uint8Array) =>
  scryptSync(passphrase.normalize('NFC'), salt, 32, COST);

export function seal(text: Uint8Array, passphrase: string): Uint8Array {
  const [salt, nonce] = [randomBytes(SALT), randomBytes(NONCE)];
  const cipher = createCipheriv(CIPHER, keyOf(passphrase, salt), nonce);
  const sealed = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([salt, nonce, cipher.getAuthTag(), sealed]);
}

/** @throws Error where the passphrase is another one, or the bytes were changed. */
export function unseal(bytes: Uint8Array, passphrase: string): Uint8Array {
  const salt = bytes.subarray(0, SALT);
  const nonce = bytes.subarray(SALT, SALT + NONCE);
  const tag = bytes.subarray(SALT + NONCE, SALT + NONCE + TAG);
  try {
    const decipher = createDecipheriv(CIPHER, keyOf(passphrase, salt), nonce, {
      authTagLength: TAG,
    });
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(bytes.subarray(SALT + NONCE + TAG)), decipher.final()]);
  } catch (error) {
    throw new Error(
      'the keys of the backup cannot be opened: TRIMTAB_BACKUP_PASSPHRASE is not the one that they were sealed with',
      { cause: error },
    );
  }
}
