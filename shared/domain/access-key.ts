import { sha256Hex } from '../hash/sha256.ts';

/**
 * What a key may do. At the edge: `rank` asks for rankings, `events` sends feedback and asks to be forgotten. At the backend: `ingest`
 * brings in items and outcomes, `read` looks at everything. `admin` may do all of it at both, and everything else.
 */
export const SCOPES = ['rank', 'events', 'ingest', 'read', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** The scopes that a page may have: what anybody can read in a page's source opens nothing else. */
const OF_PAGES: ReadonlySet<Scope> = new Set(['rank', 'events']);

/** A key whose scopes are for pages alone is no secret. */
export const isForPages = (scopes: readonly Scope[]): boolean =>
  scopes.every((scope) => OF_PAGES.has(scope));

export const allows = (scopes: readonly Scope[], needed: Scope): boolean =>
  scopes.includes(needed) || scopes.includes('admin');

/** What is stored of a key, hex. It has 192 random bits, so that one round of SHA-256 cannot be turned back. */
export const keyHash = (key: string): string => sha256Hex(key);

/** Whether a text may be a key: anybody may send one of any length. */
export const mayBeKey = (text: string): boolean => text.length <= MAX_KEY_CHARACTERS;

/** What the edge knows of a key. */
export interface ListedKey {
  /** As `keyHash` writes it. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  /** Origins, such as `https://shop.example`, whose pages may use it; absent: any. */
  readonly origins?: readonly string[];
  /** Epoch ms: it opens nothing from then on; absent: it does not end. */
  readonly expiresAt?: number;
}

/** All keys that are in force. */
export interface KeyList {
  /** Of two lists, the one with the greater revision is in force. */
  readonly revision: number;
  readonly keys: readonly ListedKey[];
}

const HASH = /^[0-9a-f]{64}$/;
/** A larger one would not be read in time, and nobody needs as many. */
export const MAX_KEYS = 1000;
/** Of a list as JSON. */
export const MAX_LIST_BYTES = 1024 * 1024;
/** What is longer is no key, and is not hashed. */
const MAX_KEY_CHARACTERS = 200;

/** @returns undefined where it is no list of keys. Scopes that are not known, as of a later version, are left out. */
export function parseKeyList(text: string): KeyList | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { revision, keys } = (value ?? {}) as { revision?: unknown; keys?: unknown };
  if (!Number.isSafeInteger(revision) || (revision as number) < 0) return undefined;
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) return undefined;
  const read = keys.map(parseKey);
  return read.every((key) => key !== undefined)
    ? { revision: revision as number, keys: read }
    : undefined;
}

function parseKey(value: unknown): ListedKey | undefined {
  const { hash, scopes, origins, expiresAt } = (value ?? {}) as Record<string, unknown>;
  if (typeof hash !== 'string' || !HASH.test(hash) || !Array.isArray(scopes)) return undefined;
  const hasOrigins = origins !== undefined;
  if (hasOrigins && !(Array.isArray(origins) && origins.every((one) => typeof one === 'string')))
    return undefined;
  if (expiresAt !== undefined && !Number.isSafeInteger(expiresAt)) return undefined;
  return {
    hash,
    scopes: SCOPES.filter((scope) => scopes.includes(scope)),
    ...(hasOrigins && { origins }),
    ...(expiresAt !== undefined && { expiresAt: expiresAt as number }),
  };
}
