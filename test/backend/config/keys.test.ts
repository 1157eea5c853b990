import { statSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { ensureKeys, readKeys } from '../../../backend/config/keys.ts';
import { stateDir, type StateDir } from '../../../backend/config/state-dir.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let state: StateDir;
beforeEach(() => {
  state = stateDir(temporaryFolder());
});

describe('the local keys', () => {
  it('are made once, tell what they open, and stay', () => {
    expect(readKeys(state)).toBeUndefined();
    const made = ensureKeys(state);
    expect(made.publishableKey).toMatch(/^pk_[\w-]{32}$/);
    expect(made.secretKey).toMatch(/^sk_[\w-]{32}$/);
    expect(new Set(Object.values(made)).size).toBe(5);
    expect(ensureKeys(state)).toEqual(made);
    expect(readKeys(state)).toEqual(made);
  });

  it('may lack the secret of keyed ids, as files from before there were any do', () => {
    const { identitySecret: _, ...old } = ensureKeys(state);
    writeFileSync(state.keys, JSON.stringify(old));
    expect(ensureKeys(state)).toEqual(old);
  });

  it('can be read by their owner only', () => {
    ensureKeys(state);
    expect(statSync(state.keys).mode & 0o077).toBe(0);
  });

  it.each([
    ['is not JSON', '{', 'is not JSON: put it right, or delete it for new keys'],
    [
      'lacks some',
      '{"publishableKey":"pk_1","secretKey":""}',
      'lacks secretKey, tokenSecret, ingestSecret',
    ],
  ])('are not made anew over a file that %s', (_, text, message) => {
    writeFileSync(state.keys, text);
    expect(() => ensureKeys(state)).toThrow(message);
  });
});
