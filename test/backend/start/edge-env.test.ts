import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeEdgeEnv } from '../../../backend/start/edge-env.ts';
import { stateDir, type StateDir } from '../../../backend/config/state-dir.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const KEYS = { publishableKey: 'pk_1', secretKey: 'sk_1', tokenSecret: 't', ingestSecret: 'i' };

let state: StateDir;
beforeEach(() => {
  state = stateDir(temporaryFolder());
});

describe('what the Worker is given', () => {
  it('keeps tunables set by hand, and tells the secrets and the backend of today', () => {
    writeFileSync(state.edgeEnv, 'REFRESH_MS="200"\nBACKEND_URL="http://old"\n', { mode: 0o644 });
    writeEdgeEnv(state, KEYS, 'http://127.0.0.1:8788', { shop: false });
    expect(parseEnv(readFileSync(state.edgeEnv, 'utf8'))).toEqual({
      REFRESH_MS: '200',
      PUBLISHABLE_KEYS: 'pk_1',
      SECRET_KEYS: 'sk_1',
      TOKEN_SECRET: 't',
      INGEST_SECRET: 'i',
      BACKEND_URL: 'http://127.0.0.1:8788',
    });
    expect(statSync(state.edgeEnv).mode & 0o077).toBe(0);
  });

  it.each([
    ['', 'on'],
    ['SHOP="off"\n', 'off'],
  ])('serves the shop beside the demo, unless the file says otherwise: %j', (before, shop) => {
    writeFileSync(state.edgeEnv, before);
    writeEdgeEnv(state, KEYS, 'http://127.0.0.1:8788', { shop: true });
    expect(parseEnv(readFileSync(state.edgeEnv, 'utf8')).SHOP).toBe(shop);
  });
});
