import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Keys } from '../config/keys.ts';
import type { StateDir } from '../config/state-dir.ts';

const OWNER_ONLY = 0o600;

/**
 * Writes the Worker's secrets and the backend's address, as dotenv for `wrangler dev`, and on trips of the demo that the shop is served.
 * Other variables in the file stay: settings like `REFRESH_MS="1000"` are added there by hand.
 */
export function writeEdgeEnv(
  state: StateDir,
  keys: Keys,
  backendUrl: string,
  { shop }: { readonly shop: boolean },
): void {
  const before = existsSync(state.edgeEnv) ? parseEnv(readFileSync(state.edgeEnv, 'utf8')) : {};
  const variables = {
    ...(shop && { SHOP: 'on' }),
    ...before,
    PUBLISHABLE_KEYS: keys.publishableKey,
    SECRET_KEYS: keys.secretKey,
    TOKEN_SECRET: keys.tokenSecret,
    INGEST_SECRET: keys.ingestSecret,
    ...(keys.identitySecret !== undefined && { IDENTITY_SECRET: keys.identitySecret }),
    ...(keys.userSecret !== undefined && { USER_SECRET: keys.userSecret }),
    BACKEND_URL: backendUrl,
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}="${value}"\n`);
  writeFileSync(state.edgeEnv, lines.join(''), { mode: OWNER_ONLY });
  // The mode above applies to a new file only.
  chmodSync(state.edgeEnv, OWNER_ONLY);
}
