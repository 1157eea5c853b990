import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { entriesOf, secretsProblem } from '../../shared/domain/secrets.ts';
import type { StateDir } from './state-dir.ts';

export interface Keys {
  /** May rank and send events: for pages. */
  readonly publishableKey: string;
  /** May do everything: for servers and people who operate. */
  readonly secretKey: string;
  /** Signs ranking tokens. */
  readonly tokenSecret: string;
  /** Signs what the edge ships to the backend. */
  readonly ingestSecret: string;
  /** Keys the ids of sessions and users. Files from before there were keyed ids have none: the key is derived from `ingestSecret`. */
  readonly identitySecret?: string;
  /** By which a site's server signs that a session is a user's. Files from before there were such signatures have none. */
  readonly userSecret?: string;
}

const NAMES = ['publishableKey', 'secretKey', 'tokenSecret', 'ingestSecret'] as const;
const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/** Reads the local keys, or makes them on the first start. Of several first starts at once, all get the same. */
export function ensureKeys(state: StateDir): Keys {
  const found = readKeys(state);
  if (found !== undefined) return found;
  const keys: Keys = {
    publishableKey: `pk_${secret()}`,
    secretKey: `sk_${secret()}`,
    tokenSecret: secret(),
    ingestSecret: secret(),
    identitySecret: secret(),
    userSecret: secret(),
  };
  mkdirSync(state.path, { recursive: true, mode: OWNER_ONLY_FOLDER });
  // Written aside and then linked: the name appears with the whole file behind it, and only if nobody was first.
  const aside = `${state.keys}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify(keys, null, 2)}\n`, { mode: OWNER_ONLY, flush: true });
  try {
    linkSync(aside, state.keys);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(aside);
  }
  return readKeys(state) ?? keys;
}

const secret = () => randomBytes(24).toString('base64url');

/** @returns undefined where there are none yet. @throws when the file is damaged. */
export function readKeys(state: StateDir): Keys | undefined {
  if (!existsSync(state.keys)) return undefined;
  let keys: Keys;
  try {
    keys = JSON.parse(readFileSync(state.keys, 'utf8'));
  } catch {
    throw new Error(`${state.keys} is not JSON: put it right, or delete it for new keys`);
  }
  const missing = NAMES.filter((name) => typeof keys[name] !== 'string' || keys[name] === '');
  if (missing.length > 0) {
    throw new Error(
      `${state.keys} lacks ${missing.join(', ')}: put it right, or delete it for new keys`,
    );
  }
  const problems = [...NAMES, 'identitySecret' as const, 'userSecret' as const].flatMap(
    (name) => secretsProblem(name, entriesOf(keys[name])) ?? [],
  );
  if (keys.publishableKey === keys.secretKey)
    problems.push('publishableKey and secretKey must differ');
  if (problems.length > 0) throw new Error(`${state.keys}: ${problems.join('; ')}`);
  return keys;
}
