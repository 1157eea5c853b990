import { createHash, createHmac, randomBytes } from 'node:crypto';
import { equalInConstantTime } from '../../shared/domain/token.ts';

const TOKEN_BYTES = 32;

/** 256 bits that nobody can guess, base64url. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

/**
 * What is stored of a token, hex. A token is random, so one round of SHA-256 cannot be turned back; and whoever reads the database
 * can sign in with nothing in it. Looking a hash up tells nothing by its time either: nobody can choose a token by its hash.
 */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** HMAC-SHA-256 of a text that says what it is for, base64url. */
export const sealOf = (secret: string, purpose: string, text: string): string =>
  createHmac('sha256', secret).update(`trimtab ${purpose}\n${text}`).digest('base64url');

/** Whether a text was sealed by one of the secrets; the time that it takes tells nothing of the seal. */
export const isSealed = (
  secrets: readonly string[],
  purpose: string,
  text: string,
  seal: string,
): boolean =>
  secrets.reduce(
    (found, secret) => equalInConstantTime(sealOf(secret, purpose, text), seal) || found,
    false,
  );
